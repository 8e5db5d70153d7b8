using System.Text.Json.Nodes;
using Quehacer.Server.OpenApi;

namespace Quehacer.Server.Contracts.V1.OpenApi;

/// <summary>
/// How an operation is called from the command line and with the clients in <c>clients/</c>, as <c>x-codeSamples</c>, a name that several viewers know.
/// Each is a whole program, made from the examples of the operation; the tests compile them all and run those of curl.
/// </summary>
internal static class CodeSamples
{
    /// <summary>The records of the C# client, by the schema of a body. The members of other bodies are arguments.</summary>
    private static readonly Dictionary<string, string> Records = new()
    {
        ["NewTask"] = "NewTask",
        ["TaskChange"] = "TaskChange",
        ["TasksChange"] = "TasksChange",
        ["NewCategory"] = "NewLabel",
        ["NewTag"] = "NewLabel",
        ["CategoryChange"] = "LabelChange",
        ["TagChange"] = "LabelChange",
        ["NewWorkspace"] = "NewWorkspace",
        ["WorkspaceChange"] = "WorkspaceChange",
        ["MemberChange"] = "MemberChange",
        ["NewNote"] = "NewNote",
        ["NoteChange"] = "NoteChange",
        ["AccountChange"] = "AccountChange",
        ["NewApiKey"] = "NewApiKey",
        ["NewServiceAccount"] = "NewServiceAccount",
        ["ServiceAccountChange"] = "ServiceAccountChange",
        ["NewServiceKey"] = "NewServiceKey",
        ["UserChange"] = "UserChange",
    };

    public static JsonArray Of(Operation operation, Dictionary<string, string> path, Dictionary<string, JsonNode> query, JsonObject? body) =>
        [
            CurlSample.Of(operation, Samples.Origin, path, query, body),
            CurlSample.Sample("TypeScript", "TypeScript", TypeScript(operation, path, query, body)),
            CurlSample.Sample("C#", "C#", CSharp(operation, path, query, body)),
        ];

    private static string TypeScript(Operation operation, Dictionary<string, string> path, Dictionary<string, JsonNode> query, JsonObject? body)
    {
        List<string> parameters = [];
        if (path.Count > 0)
        {
            parameters.Add($"path: {Literal(new JsonObject(path.Select(parameter => KeyValuePair.Create(parameter.Key, (JsonNode?)parameter.Value))))}");
        }
        if (query.Count > 0)
        {
            parameters.Add($"query: {Literal(new JsonObject(query.Select(parameter => KeyValuePair.Create(parameter.Key, (JsonNode?)parameter.Value.DeepClone()))))}");
        }
        List<string> options = [];
        if (parameters.Count > 0)
        {
            options.Add($"  params: {{ {string.Join(", ", parameters)} }},\n");
        }
        if (body is not null)
        {
            options.Add(body.Count > 3 ? $"  body: {{\n{string.Concat(body.Select(member => $"    {member.Key}: {Literal(member.Value)},\n"))}  }},\n" : $"  body: {Literal(body)},\n");
        }
        if (operation.Success.File is not null)
        {
            options.Add($"  parseAs: \"{(operation.Success.File == StreamEndpoints.EventStream ? "stream" : "blob")}\",\n");
        }
        var call = $"await quehacer.{operation.Method}(\"{operation.Path}\"{(options.Count == 0 ? "" : $", {{\n{string.Concat(options)}}}")})";
        var result = Result(operation);
        return $$"""
            import { connect, orThrow } from "quehacer-client";

            const quehacer = connect({ baseUrl: "{{Samples.Origin}}"{{(operation.IsAnonymous ? "" : ", token: process.env.TOKEN")}} });

            {{(result is null ? $"orThrow({call});" : $"const {result} = orThrow({call});\nconsole.log({result});")}}
            """;

        static string Literal(JsonNode? value) => value switch
        {
            JsonObject members => $"{{ {string.Join(", ", members.Select(member => $"{member.Key}: {Literal(member.Value)}"))} }}",
            JsonArray elements when elements.All(element => element is JsonObject) => $"[\n{string.Concat(elements.Select(element => $"    {Literal(element)},\n"))}  ]",
            JsonArray elements => $"[{string.Join(", ", elements.Select(Literal))}]",
            _ => CurlSample.Json(value),
        };
    }

    private static string CSharp(Operation operation, Dictionary<string, string> path, Dictionary<string, JsonNode> query, JsonObject? body)
    {
        List<string> arguments = [.. path.Values.Select(value => CurlSample.Json(value))];
        if (body is not null)
        {
            arguments.AddRange(Records.TryGetValue(operation.Body!, out var record)
                ? [$"new {record}{Initializer(body)}"]
                : body.Select(member => $"{Camel(member.Key)}: {Literal(operation.Body == "TaskTransfer" && member.Key == "subtasks" ? "fate" : member.Key, member.Value)}"));
        }
        if (operation.Id is "changeTasks" or "deleteTasks")
        {
            // The filters are one argument, and come first.
            var filters = query.Where(parameter => parameter.Key != "dry_run").Select(parameter => KeyValuePair.Create(parameter.Key, (JsonNode?)parameter.Value));
            arguments.Insert(0, $"new TaskFilter{Initializer(filters)}");
            arguments.Add($"dryRun: {Literal("dry_run", query["dry_run"])}");
        }
        else if (operation.Id is "listTasks" or "listUserTasks")
        {
            arguments.Add($"new TaskQuery{Initializer(query.Select(parameter => KeyValuePair.Create(parameter.Key, (JsonNode?)parameter.Value)))}");
        }
        else
        {
            arguments.AddRange(query.Select(parameter => $"{Camel(parameter.Key)}: {Literal(parameter.Key, parameter.Value)}"));
        }
        if (operation.Success.File == StreamEndpoints.EventStream)
        {
            // What reads the events comes back when the line is cut.
            return Program(operation, $"await foreach (var happened in quehacer.EnumerateEventsAsync({string.Join(", ", arguments)}))\n{{\n    {Print("happened")}\n}}");
        }
        if (operation.Success.File is not null)
        {
            arguments.Insert(path.Count, "file");
        }
        // PUT does the same as PATCH, and the client has one method for the two.
        var name = operation.Id.StartsWith("put", StringComparison.Ordinal) ? $"Change{operation.Id["put".Length..]}" : $"{char.ToUpperInvariant(operation.Id[0])}{operation.Id[1..]}";
        var call = $"await quehacer.{name}Async({string.Join(", ", arguments)});";
        var result = operation.Success.File is null ? Result(operation) : null;
        return Program(
            operation,
            (operation.Success.File is null ? "" : $"await using var file = File.Create(\"quehacer.{operation.Success.File.SubType}\");\n") + (result is null ? call : $"var {result} = {call}\n{Print(result)}"));

        static string Print(string what) => $"{nameof(Console)}.WriteLine({what});";

        static string Program(Operation operation, string does) => $$"""
            using Quehacer.Client;

            using var quehacer = new QuehacerClient(new Uri("{{Samples.Origin}}")){{(operation.IsAnonymous ? "" : "\n{\n    Session = new Session(Environment.GetEnvironmentVariable(\"TOKEN\")!),\n}")}};

            {{does}}
            """;

        static string Initializer(IEnumerable<KeyValuePair<string, JsonNode?>> members) =>
            members.Count() > 2
                ? $"\n{{\n{string.Concat(members.Select(member => $"    {Pascal(member.Key)} = {Literal(member.Key, member.Value)},\n"))}}}"
                : $" {{ {string.Join(", ", members.Select(member => $"{Pascal(member.Key)} = {Literal(member.Key, member.Value)}"))} }}";

        static string Literal(string name, JsonNode? value) => (name, value) switch
        {
            ("operations", JsonArray operations) => $"[\n{string.Concat(operations.Select(operation => $"    BatchOperation.{BatchOperation(operation!.AsObject())},\n"))}]",
            (_, JsonArray elements) => $"[{string.Join(", ", elements.Select(element => Literal(name, element)))}]",
            (_, null) => "null",
            ("status", _) => $"TaskState.{Pascal((string)value!)}",
            ("priority", _) => $"TaskPriority.{Pascal((string)value!)}",
            ("subtasks", _) => $"SubtaskFate.{Pascal((string)value!)}",
            ("fate", _) => $"TransferFate.{Pascal((string)value!)}",
            ("to", _) => $"ListEnd.{Pascal((string)value!)}",
            ("sort", _) => $"TaskSort.{Pascal((string)value!)}",
            ("since", _) when (string)value! == EventEndpoints.Now => CurlSample.Json(value),
            ("due_date" or "created_before" or "expires_at" or "since", _) => $"DateTimeOffset.Parse({CurlSample.Json(value)})",
            _ => CurlSample.Json(value),
        };

        static string BatchOperation(JsonObject operation)
        {
            var op = Pascal((string)operation["op"]!);
            List<string> arguments = [];
            if (operation["id"] is { } id)
            {
                arguments.Add(CurlSample.Json(id));
            }
            if (operation["task"] is JsonObject task)
            {
                arguments.Add($"new(){Initializer(task)}");
            }
            if (operation["version"] is { } version)
            {
                arguments.Add($"version: {version}");
            }
            return $"{op}({string.Join(", ", arguments)})";
        }
    }

    /// <summary>What a program calls the answer; null where there is none.</summary>
    private static string? Result(Operation operation) => operation.Success.Schema switch
    {
        null => operation.Success.File == StreamEndpoints.EventStream ? "events" : operation.Success.File?.SubType,
        "Changes" => "changes",
        "StreamTicket" => "ticket",
        "User" or "AdminUser" => "account",
        "AccountDeletion" => "deletion",
        "Tokens" => "tokens",
        "Workspace" => "workspace",
        "Member" => "member",
        "Invitation" => "invitation",
        "ApiKey" => "key",
        "ApiKeyList" => "keys",
        "ServiceAccount" => "account",
        "ServiceAccountList" => "accounts",
        "SessionList" => "sessions",
        "CodeSent" => "sent",
        "Factors" => "factors",
        "TotpSetup" => "setup",
        "RecoveryCodes" => "codes",
        "Task" => "task",
        "Note" => "note",
        "BatchResults" => "batch",
        "BulkResult" => "result",
        "Label" => operation.Tag == "tags" ? "tag" : "category",
        _ => "page",
    };

    private static string Pascal(string name) => string.Concat(name.Split('_').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));

    private static string Camel(string name) => char.ToLowerInvariant(name[0]) + Pascal(name)[1..];
}
