using System.CommandLine;
using Quehacer.Core;
using Quehacer.Core.Accounts;
using Quehacer.Core.Administration;
using Quehacer.Core.Postgres;
using Quehacer.Server;
using Quehacer.Server.Contracts;
using Quehacer.Server.Contracts.V1;
using Quehacer.Server.Contracts.V1.OpenApi;
using Quehacer.Server.Http;
using Quehacer.Server.OpenApi;

var email = new Option<string>("--email") { Required = true, Description = "The e-mail to log in with." };
var name = new Option<string>("--name") { Required = true, Description = "What people call the user." };
var password = new Option<bool>("--password-stdin") { Required = true, Description = "Read the password from standard input, one line." };
var who = new Argument<string>("email") { Description = "The e-mail of an existing account." };
var plan = new Argument<string>("plan") { Description = "One of standard, plus, premium." };
plan.AcceptOnlyFromAmong([.. Plans.Names]);
var write = new Option<bool>("--write") { Description = "Replace the rows that differ by what the event log says." };
var file = new Argument<string>("file") { Description = "The file of the backup." };
var replace = new Option<bool>("--replace") { Description = "Drop all tables that are in the database now." };

var serve = new Command("serve", "Serve the API until stopped. This is what happens when no command is given.");
var migrate = new Command("migrate", "Bring the database's schema up to this program's.");
var rebuild = new Command("rebuild", "Replay the event log into fresh tables and compare them with the live ones.") { write };
var backup = new Command("backup", "Write the database to a new file. The signing key is not in it.") { file };
var restore = new Command("restore", "Put a backup into an empty database.") { file, replace };
var createUser = new Command("create", "Make an account.") { email, name, password };
var promoteUser = new Command("promote", "Make an account an administrator of the installation.") { who };
var putOnPlan = new Command("plan", "Put an account on a plan, which says how many requests a minute it may send.") { who, plan };
var removeFactors = new Command("remove-factors", "Take all second factors of an account away, for somebody who has lost them, and end its sessions.") { who };
var reason = new Option<string?>("--reason") { Description = "Why, for the trail of administrators." };
var suspendUser = new Command("suspend", "Let nobody sign in to an account, and end its sessions and API keys. Everything in it is kept.") { who, reason };
var unsuspendUser = new Command("unsuspend", "Let people sign in to an account again.") { who };
var now = new Option<bool>("--now") { Description = "Delete it for good before this command ends, without the time of grace." };
var deleteUser = new Command("delete", "Delete an account, when its time of grace is over. What it shares with others goes to one of them.") { who, now };
var contract = new Argument<string>("contract") { Description = $"The contract: {string.Join(", ", Descriptions.All.Select(description => description.Contract))}." };
contract.AcceptOnlyFromAmong([.. Descriptions.All.Select(description => description.Contract)]);
var openApi = new Command("openapi", "Print the OpenAPI description of a contract. Needs no database and no server.") { contract };
var asyncApi = new Command("asyncapi", "Print the AsyncAPI description of the WebSocket. Needs no database and no server.");
var root = new RootCommand("Quehacer, a task backend.") { serve, migrate, rebuild, backup, restore, new Command("user", "Manage accounts.") { createUser, promoteUser, putOnPlan, removeFactors, suspendUser, unsuspendUser, deleteUser }, openApi, asyncApi };

root.SetAction((_, cancellation) => Refused.WatchAsync(() => Serving.RunAsync(cancellation)));
serve.SetAction((_, cancellation) => Refused.WatchAsync(() => Serving.RunAsync(cancellation)));
migrate.SetAction((_, cancellation) => Refused.WatchAsync(() => Opened.UseAloneAsync(
    migrations => Say(migrations.Count == 0 ? "The schema is up to date." : $"Applied: {string.Join(", ", migrations)}."), cancellation)));
rebuild.SetAction((parsed, cancellation) => Refused.WatchAsync(() => Opened.UseDatabaseAsync(
    besideServer: !parsed.GetValue(write), database => Rebuilding.RunAsync(database, parsed.GetValue(write), cancellation), cancellation)));
backup.SetAction((parsed, cancellation) => Refused.WatchAsync(() => Opened.UseClusterAsync(
    besideServer: true,
    async (connectionString, binDirectory) =>
    {
        var path = Path.GetFullPath(parsed.GetRequiredValue(file));
        var bytes = await new Backup(connectionString, binDirectory).WriteAsync(path, cancellation);
        await Say($"Wrote {path} ({bytes} bytes). The signing key is not in it.");
    }, cancellation)));
restore.SetAction((parsed, cancellation) => Refused.WatchAsync(() => Opened.UseClusterAsync(
    besideServer: false,
    async (connectionString, binDirectory) =>
    {
        await new Backup(connectionString, binDirectory).RestoreAsync(Path.GetFullPath(parsed.GetRequiredValue(file)), parsed.GetValue(replace), cancellation);
        var migrations = await new Migrator(connectionString).MigrateAsync(cancellation);
        await Say($"Restored.{(migrations.Count == 0 ? "" : $" Applied: {string.Join(", ", migrations)}.")}");
    }, cancellation)));
createUser.SetAction((parsed, cancellation) => Refused.WatchAsync(() => Opened.UseAsync(
    async installation =>
    {
        var edit = new AccountEdit
        {
            Email = Text.NormaliseName(parsed.GetRequiredValue(email)),
            Name = Text.NormaliseName(parsed.GetRequiredValue(name)),
            Password = Console.ReadLine() ?? "",
        };
        var registered = await installation.Accounts.RegisterAsync(edit, Visitor.Operator, key: null, cancellation);
        if (!registered.IsOk)
        {
            throw new DatabaseRefused(registered.Error.Code == ErrorCode.EmailTaken
                ? "An account with this e-mail exists. Choose another e-mail."
                : $"The account was not made. {string.Join(" ", registered.Error.Fields.Select(field => FieldMessages.Of(field, Language.English).Message))}");
        }
        await Say($"Made the account of {registered.Value.Value.Email}.");
    }, cancellation)));
promoteUser.SetAction((parsed, cancellation) => Refused.WatchAsync(() => Opened.UseAsync(
    async installation =>
    {
        if (!await installation.Accounts.PromoteAsync(Text.NormaliseName(parsed.GetRequiredValue(who)), cancellation))
        {
            throw new DatabaseRefused("There is no account with this e-mail. Register it, or make it with 'user create', and try again.");
        }
        await Say("The account is an administrator now.");
    }, cancellation)));
putOnPlan.SetAction((parsed, cancellation) => Refused.WatchAsync(() => Opened.UseAsync(
    async installation =>
    {
        var chosen = Plans.Named(parsed.GetRequiredValue(plan))!.Value;
        if (!await installation.Accounts.PutOnPlanAsync(Text.NormaliseName(parsed.GetRequiredValue(who)), chosen, cancellation))
        {
            throw new DatabaseRefused("There is no account with this e-mail. Register it, or make it with 'user create', and try again.");
        }
        await Say($"The account is on the plan '{Plans.NameOf(chosen)}' from its next access token on.");
    }, cancellation)));
removeFactors.SetAction((parsed, cancellation) => Refused.WatchAsync(() => Opened.UseAsync(
    async installation => await Say(await installation.SecondFactors.RemoveAllAsync(Text.NormaliseName(parsed.GetRequiredValue(who)), cancellation) switch
    {
        null => throw new DatabaseRefused("There is no account with this e-mail. Check how it is written, and try again."),
        false => "The account has no second factor.",
        true => "The account has no second factor any more, and all of its sessions have ended. Its owner is told by mail.",
    }), cancellation)));
suspendUser.SetAction((parsed, cancellation) => Refused.WatchAsync(() => Opened.UseAsync(
    async installation =>
    {
        var why = parsed.GetValue(reason) is { Length: > 0 } text ? Text.NormaliseName(text) : null;
        if (UserAdministration.CheckReason(why) is [var fault, ..])
        {
            throw new DatabaseRefused(FieldMessages.Of(fault, Language.English).Message);
        }
        await SayAsync(await installation.UserAdministration.SuspendAsync(Text.NormaliseName(parsed.GetRequiredValue(who)), why, cancellation),
            "The account is suspended, and all of its sessions and API keys have ended. Its owner is told by mail.", "The account is suspended already.");
    }, cancellation)));
unsuspendUser.SetAction((parsed, cancellation) => Refused.WatchAsync(() => Opened.UseAsync(
    async installation => await SayAsync(await installation.UserAdministration.UnsuspendAsync(Text.NormaliseName(parsed.GetRequiredValue(who)), cancellation),
        "People can sign in to the account again. Its owner is told by mail.", "The account is not suspended."), cancellation)));
deleteUser.SetAction((parsed, cancellation) => Refused.WatchAsync(() => Opened.UseAsync(
    async installation =>
    {
        var atOnce = parsed.GetValue(now);
        if (await installation.AccountDeletions.DeleteAsync(Text.NormaliseName(parsed.GetRequiredValue(who)), atOnce, cancellation) is not { } at)
        {
            throw new DatabaseRefused("There is no account with this e-mail. Check how it is written, and try again.");
        }
        await Say(atOnce ? "The account is deleted." : $"The account is deleted on {at:yyyy-MM-dd HH:mm} UTC. Its sessions and API keys have ended, and its owner is told by mail how to keep it.");
    }, cancellation)));
openApi.SetAction(async (parsed, cancellation) =>
{
    await using var output = Console.OpenStandardOutput();
    await output.WriteAsync(new OpenApiDocument(Descriptions.Of(parsed.GetRequiredValue(contract))!).Whole(), cancellation);
});
asyncApi.SetAction(async (_, cancellation) =>
{
    await using var output = Console.OpenStandardOutput();
    await output.WriteAsync(Conversations.Document(), cancellation);
});

return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });

static Task SayAsync(OperatorOutcome outcome, string done, string alreadySo) => Say(outcome switch
{
    OperatorOutcome.Done => done,
    OperatorOutcome.AlreadySo => alreadySo,
    OperatorOutcome.NoSuchAccount => throw new DatabaseRefused("There is no account with this e-mail. Check how it is written, and try again."),
    OperatorOutcome.LastAdministrator => throw new DatabaseRefused("This is the last administrator. Make somebody else one first, with 'user promote', and try again."),
});

static Task Say(string sentence) => Console.Out.WriteLineAsync(sentence);
