using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Quehacer.Core;
using Quehacer.Server.Http;
using Quehacer.Server.OpenApi;
using static Quehacer.Server.OpenApi.Describe;

namespace Quehacer.Server.Contracts.V1.OpenApi;

/// <summary>
/// The description of what is said over WebSockets, in AsyncAPI 3.0. What the server says is read from the records that say it, events from the same schemas as everywhere; what
/// the client says stands here beside its reading, <see cref="SocketMessages"/>, and a member that is read and not described is a bug that the document refuses to be made with.
/// </summary>
internal static class Conversations
{
    public const string Address = "/asyncapi/v1.json";

    private const string Channel = "conversation";

    private static readonly JsonSerializerOptions Plain = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="Name">Of the message, which is its <c>type</c>.</param>
    /// <param name="Schema">What it is called among the schemas.</param>
    private sealed record Message(string Name, string Schema, string Title, string Summary, JsonObject Payload, JsonNode Example)
    {
        /// <summary>What the server answers with; none for its own messages.</summary>
        public IReadOnlyList<string> Answers { get; init; } = [];
    }

    public static byte[] Document()
    {
        var messages = OfClients().Concat(OfServers()).ToList();
        var schemas = new JsonObject();
        foreach (var message in messages)
        {
            schemas[message.Schema] = message.Payload;
        }
        AddUsed(schemas);
        var document = new JsonObject
        {
            ["asyncapi"] = "3.0.0",
            ["info"] = new JsonObject
            {
                ["title"] = "Quehacer v1, live",
                ["version"] = Health.Version,
                ["description"] = """
                    What is said over the WebSocket of v1 (RFC 6455), in JSON, a message in each text frame. The requests and answers of v1 are described in OpenAPI, at `/openapi/v1.json`;
                    an event is the same there and here.

                    Whoever comes back subscribes with `since`, the cursor of the last event that they have heard, and hears every event behind it, once and in order. The server keeps nothing
                    for those who are away, nor for those who are slow: who takes nothing for a while is cut off, and comes back in the same way.

                    The server closes with 1001 when it stops, 1007 for what is no UTF-8, 1008 for too many messages, or too many that are not understood, 1009 for a message of more than
                    16 KiB, 1011 for an error of its own, 4401 when the token or the session is over, and 4408 when nothing was subscribed to for a minute.
                    """.ReplaceLineEndings("\n"),
                ["license"] = new JsonObject { ["name"] = "MIT", ["url"] = "https://opensource.org/license/mit" },
            },
            ["defaultContentType"] = "application/json",
            ["servers"] = new JsonObject
            {
                ["self"] = new JsonObject
                {
                    ["host"] = "localhost:3000",
                    ["protocol"] = "ws",
                    ["description"] = "The server that this description came from; `wss` where it is reached by https.",
                    ["security"] = new JsonArray(ReferenceTo("#/components/securitySchemes/accessToken"), ReferenceTo("#/components/securitySchemes/ticket")),
                },
            },
            ["channels"] = new JsonObject
            {
                [Channel] = new JsonObject
                {
                    ["address"] = "/api/v1/ws",
                    ["title"] = "A conversation",
                    ["description"] = "One connection, over which up to 50 subscriptions are held, to as many workspaces.",
                    ["servers"] = new JsonArray(ReferenceTo("#/servers/self")),
                    ["messages"] = new JsonObject(messages.Select(message => KeyValuePair.Create(message.Name, (JsonNode?)ReferenceTo($"#/components/messages/{message.Name}")))),
                    ["bindings"] = new JsonObject
                    {
                        ["ws"] = new JsonObject
                        {
                            ["method"] = "GET",
                            ["query"] = new JsonObject
                            {
                                ["type"] = "object",
                                ["properties"] = new JsonObject { [TakesTicket.Parameter] = Text(null, Limits.TicketCharacters) },
                            },
                            ["bindingVersion"] = "0.1.0",
                        },
                    },
                },
            },
            ["operations"] = new JsonObject(messages.Select(message => KeyValuePair.Create(message.Name, (JsonNode?)Operation(message)))),
            ["components"] = new JsonObject
            {
                ["messages"] = new JsonObject(messages.Select(message => KeyValuePair.Create(message.Name, (JsonNode?)new JsonObject
                {
                    ["name"] = message.Name,
                    ["title"] = message.Title,
                    ["summary"] = message.Summary,
                    ["payload"] = ReferenceTo($"#/components/schemas/{message.Schema}"),
                    ["examples"] = new JsonArray(new JsonObject { ["payload"] = message.Example }),
                }))),
                ["schemas"] = schemas,
                ["securitySchemes"] = new JsonObject
                {
                    ["accessToken"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer", ["bearerFormat"] = "JWT", ["description"] = "An access token of `POST /api/v1/auth/login`, or an API key with the scope tasks:read." },
                    ["ticket"] = new JsonObject { ["type"] = "httpApiKey", ["name"] = TakesTicket.Parameter, ["in"] = "query", ["description"] = "A ticket of `POST /api/v1/stream/ticket`, good once and for half a minute, for browsers, which send no header with this." },
                },
            },
        };
        return Encoding.UTF8.GetBytes(document.ToJsonString(Plain) + "\n");
    }

    private static JsonObject Operation(Message message)
    {
        var isOfClient = message.Answers.Count > 0;
        var operation = new JsonObject
        {
            ["action"] = isOfClient ? "receive" : "send",
            ["channel"] = ReferenceTo($"#/channels/{Channel}"),
            ["summary"] = message.Summary,
            ["messages"] = new JsonArray(ReferenceTo($"#/channels/{Channel}/messages/{message.Name}")),
        };
        if (isOfClient)
        {
            operation["reply"] = new JsonObject
            {
                ["channel"] = ReferenceTo($"#/channels/{Channel}"),
                ["messages"] = new JsonArray([.. message.Answers.Select(answer => ReferenceTo($"#/channels/{Channel}/messages/{answer}"))]),
            };
        }
        return operation;
    }

    private static IEnumerable<Message> OfClients()
    {
        yield return new("subscribe", "Subscribe", "Subscribe", "Asks for the events of a workspace, as they happen, and from a cursor on for those that have.", Said(
            "subscribe", "What is wanted.", Words.SubscribeMembers, ["type", "id"],
            ("id", Id("What the client calls the subscription: every message about it names it. No two that are open on a connection have the same.")),
            ("workspace_id", Optional("string", "The workspace; your own unless told.", ("pattern", $"^(?:{TypeId(Ids.WorkspacePrefix)}|{Uuid})$"))),
            ("since", Optional("string", "The cursor behind which to begin: of the last event that you have heard, of `subscribed`, `ended` or `unsubscribed`, or of `GET /api/v1/changes`. Now unless told, and with `now`.")),
            ("types", Optional("array", "Events of these types; a noun with an asterisk stands for all of its types. All unless told.", ("items", OneOf(Words.EventTypes)), ("minItems", 1), ("maxItems", Words.EventTypes.Count))),
            ("task_id", Optional("string", "Events of this task and of its notes alone.", ("pattern", $"^(?:{TypeId(Ids.TaskPrefix)}|{Uuid})$"))),
            ("presence", Optional("boolean", "Whether you are shown to others as looking at the workspace, and told who else does. An API key needs the scope workspaces:read for that."))),
            JsonNode.Parse($$"""{"type":"subscribe","id":"home","workspace_id":"{{Samples.WorkspaceId}}","since":"{{Samples.Event.Cursor}}","types":["task.*","note.created"],"presence":true}""")!)
        {
            Answers = ["subscribed", "error"],
        };
        yield return new("unsubscribe", "Unsubscribe", "Unsubscribe", "Wants no more of a subscription.", Said("unsubscribe", "What is wanted no more.", Words.NamingMembers, ["type", "id"], ("id", Id("What the subscription is called."))),
            JsonNode.Parse("""{"type":"unsubscribe","id":"home"}""")!)
        {
            Answers = ["unsubscribed", "error"],
        };
        yield return new("ping", "Ping", "Ping", "Asks whether the server is there, for clients that cannot send ping frames.", Said("ping", "A question.", Words.NamingMembers, ["type"], ("id", Id("Comes back with the answer."))),
            JsonNode.Parse("""{"type":"ping","id":"1"}""")!)
        {
            Answers = ["pong", "error"],
        };
    }

    private static IEnumerable<Message> OfServers()
    {
        const string cursor = "a5pFsrezJZkn";
        var at = Samples.Event.At;
        yield return Of("ready", "Ready", "Ready", "The first message: the server listens.", new SocketReadyBody(at, 15), BodyJson.Default.SocketReadyBody, new()
        {
            ["now"] = Says("The time by the server's clock."),
            ["heartbeat_seconds"] = Says("How often the server sends a ping frame. A client that hears nothing for much longer, and whose own ping is not answered, comes back.", ("minimum", 1)),
        });
        yield return Of("subscribed", "Subscribed", "Subscribed", "A subscription has begun; every event behind the cursor follows.", new SocketSubscribedBody("home", Samples.WorkspaceId, cursor), BodyJson.Default.SocketSubscribedBody, new()
        {
            ["id"] = Named(),
            ["workspace_id"] = Says("Where.", ("pattern", $"^{TypeId(Ids.WorkspacePrefix)}$")),
            ["cursor"] = Place("Where it begins."),
        });
        yield return Of("event", "EventMessage", "Event", "Something has happened.", new SocketEventBody("home", Samples.Event), BodyJson.Default.SocketEventBody, new()
        {
            ["id"] = Named(),
            ["event"] = Says("What has happened."),
        });
        yield return Of("resync", "Resync", "Begin anew", "The cursor is a place no more, because the log was replaced: read anew what you show. What happens from here on follows.", new SocketResyncBody("home", ErrorCatalogue.CursorGone.Code, Problems.WholeOf(ErrorCatalogue.CursorGone, Language.English), cursor), BodyJson.Default.SocketResyncBody, Why("From where it goes on."));
        yield return Of("ended", "Ended", "Ended", "Nothing more comes for a subscription, though you have not asked for that.", new SocketEndedBody("home", ErrorCatalogue.NotFound.Code, Problems.WholeOf(ErrorCatalogue.NotFound, Language.English), cursor), BodyJson.Default.SocketEndedBody, Why("Where to go on, for whoever may."));
        yield return Of("unsubscribed", "Unsubscribed", "Unsubscribed", "Nothing more comes for a subscription, as you wanted.", new SocketUnsubscribedBody("home", cursor), BodyJson.Default.SocketUnsubscribedBody, new()
        {
            ["id"] = Named(),
            ["cursor"] = Place("Where to go on."),
        });
        yield return Of("presence", "PresenceMessage", "Who looks", "Who looks at a workspace, yourself among them, whenever that has changed.", SocketPresenceBody.Of("home", Samples.PresentPeople), BodyJson.Default.SocketPresenceBody, new()
        {
            ["id"] = Named(),
            ["workspace_id"] = Says("At what.", ("pattern", $"^{TypeId(Ids.WorkspacePrefix)}$")),
            ["people"] = Says("Who, those first who have for longest.", ("maxItems", Limits.PeopleTold)),
            ["total"] = Says("How many there are."),
        });
        yield return Of("pong", "Pong", "Pong", "The answer to a ping.", new SocketPongBody("1"), BodyJson.Default.SocketPongBody, new() { ["id"] = Says("What the ping named; absent where it named nothing.") });
        yield return Of("error", "Error", "Error", "A message was not understood, or not done. Nothing else has changed.", new SocketErrorBody("home", ErrorCatalogue.NotFound.Code, Problems.WholeOf(ErrorCatalogue.NotFound, Language.English), null), BodyJson.Default.SocketErrorBody, new()
        {
            ["id"] = Says("What the message named; absent where that cannot be read."),
            ["code"] = Code(),
            ["detail"] = Says("The same for people, and what mends it, in the language of the handshake's `Accept-Language`."),
            ["errors"] = Says("What is wrong with which member; only with `VALIDATION_ERROR`."),
        });
    }

    private static Dictionary<string, JsonObject> Why(string cursor) => new()
    {
        ["id"] = Named(),
        ["code"] = Code(),
        ["detail"] = Says("The same for people, and what mends it."),
        ["cursor"] = Place(cursor),
    };

    private static JsonObject Named() => Says("What you call the subscription.");

    private static JsonObject Place(string description) => Says(description, ("maxLength", 2048));

    private static JsonObject Code() => Says("Why, for programs: a code of the catalogue at `/errors`.");

    private static JsonObject Id(string description) => Written("string", description, ("minLength", 1), ("maxLength", SocketLimits.IdCharacters));

    private static JsonObject Optional(string type, string description, params (string Name, JsonNode Value)[] more) => Nullable(type, description, more);

    /// <summary>What a client says: every member that is read, and no other.</summary>
    private static JsonObject Said(string type, string description, string[] known, string[] required, params (string Name, JsonObject Schema)[] members)
    {
        if (!members.Select(member => member.Name).Prepend("type").Order(StringComparer.Ordinal).SequenceEqual(known.Order(StringComparer.Ordinal)))
        {
            throw new InvalidOperationException($"The members of '{type}' that are read are not those that are described.");
        }
        return Request(description, required, [], [("type", new JsonObject { ["const"] = type }), .. members]);
    }

    /// <summary>What the server says, as the record says it.</summary>
    private static Message Of<T>(string name, string schema, string title, string summary, T example, JsonTypeInfo<T> type, Dictionary<string, JsonObject> notes)
    {
        notes["type"] = Says("What the message is.", ("const", name));
        return new(name, schema, title, summary, new AnswerSchemas(Schemas.Names, BodyJson.Default).Answer(summary, typeof(T), notes), JsonSerializer.SerializeToNode(example, type)!);
    }

    /// <summary>The schemas that those which are there refer to, from those of the requests and answers.</summary>
    private static void AddUsed(JsonObject schemas)
    {
        var all = Schemas.All();
        var wanted = new Queue<JsonNode>(schemas.Select(schema => schema.Value!));
        while (wanted.TryDequeue(out var node))
        {
            switch (node)
            {
                case JsonArray several:
                    foreach (var one in several.OfType<JsonNode>())
                    {
                        wanted.Enqueue(one);
                    }
                    break;
                case JsonObject members:
                    foreach (var (name, value) in members)
                    {
                        if (name == "$ref" && (string)value! is var reference && reference.Split('/')[^1] is var used && !schemas.ContainsKey(used))
                        {
                            schemas[used] = all[used]!.DeepClone();
                            wanted.Enqueue(schemas[used]!);
                        }
                        else if (value is not null)
                        {
                            wanted.Enqueue(value);
                        }
                    }
                    break;
            }
        }
    }

    private static JsonObject ReferenceTo(string place) => new() { ["$ref"] = place };
}
