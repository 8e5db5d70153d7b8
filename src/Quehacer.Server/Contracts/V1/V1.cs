using Quehacer.Core;
using Quehacer.Core.Labels;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.V1;

/// <summary>The canonical contract: English, snake_case, problem+json. Designed by 001's rules, with 004's tasks.</summary>
internal static class V1
{
    public static readonly string[] Prefixes = ["/api/v1", "/tasks"];

    /// <summary>Clients revalidate always. Tags are strong, but for those of lists.</summary>
    public static readonly ConditionalRead Conditional = new(new TagShape("v1", IsStrong: true), Caching.Revalidate);

    public static Contract Contract(Problems problems) => new("v1", Prefixes, problems.RefuseAsync);

    public static void MapV1(this IEndpointRouteBuilder routes, Installation installation, Problems problems, WriteDemands demands, RateLimit batchLimit, RateLimit exportLimit, StreamManners manners, SocketManners socketManners)
    {
        var accounts = new AccountEndpoints(installation.Accounts, installation.Sessions, problems, demands);
        var keys = new ApiKeyEndpoints(installation.ApiKeys, problems, demands);
        var services = new ServiceAccountEndpoints(installation.ServiceAccounts, installation.ServiceAccountKeys, problems, demands);
        var recovery = new RecoveryEndpoints(installation.PasswordResets, installation.EmailChanges, problems, demands);
        var sessions = new SessionEndpoints(installation.SessionList, problems, demands);
        var logins = new LoginEndpoints(installation.Logins, problems, demands);
        var factors = new FactorEndpoints(installation.SecondFactors, problems, demands);
        var tasks = new TaskEndpoints(installation.Tasks, installation.TaskPast, installation.TaskList, installation.TaskWriter, installation.TaskTransfers, installation.Workspaces, problems, demands);
        var export = new AccountExport(
            installation.Accounts, installation.SecondFactors, installation.SessionList, installation.ApiKeys, installation.AccountExports, installation.Workspaces,
            installation.TaskList, installation.Labels, installation.Notes, TimeProvider.System);
        var leaving = new LeavingEndpoints(installation.AccountDeletions, export, problems, demands, exportLimit);
        var batches = new BatchEndpoint(installation.TaskBatches, problems, demands, batchLimit);
        var bulk = new BulkEndpoints(installation.TaskBulk, problems, demands, batchLimit);
        var notes = new NoteEndpoints(installation.Notes, installation.NoteWriter, problems, demands);
        var workspaces = new WorkspaceEndpoints(installation.Workspaces, installation.WorkspaceWriter, problems, demands);
        var members = new MemberEndpoints(installation.Members, installation.MemberWriter, problems, demands);
        var invitations = new InvitationEndpoints(installation.Invitations, problems, demands);
        var categories = new LabelEndpoints(LabelKind.Category, installation.Labels, installation.LabelWriter, installation.Workspaces, problems, demands);
        var tags = new LabelEndpoints(LabelKind.Tag, installation.Labels, installation.LabelWriter, installation.Workspaces, problems, demands);
        var admin = new AdminEndpoints(installation.Users, installation.UserAdministration, installation.AuditTrail, installation.UserTasks, problems, demands);

        var events = new EventEndpoints(installation.Events, problems);
        var streams = new StreamEndpoints(installation.Live, installation.StreamTickets, problems, manners);
        var sockets = new SocketEndpoint(installation.Live, installation.Presence, problems, socketManners);
        var presence = new PresenceEndpoint(installation.Presence, problems);

        var anonymous = routes.MapGroup("/api/v1").WithMetadata(AnswersIn.Json);
        var forCaller = routes.MapGroup("/api/v1").WithMetadata(AnswersIn.Json, new RequiresCaller());
        accounts.MapAnonymous(anonymous);
        accounts.MapForCaller(forCaller);
        logins.Map(routes.MapGroup("/api/v1/auth").WithMetadata(AnswersIn.Json));
        factors.Map(routes.MapGroup("/api/v1/me/factors").WithMetadata(AnswersIn.Json, new RequiresCaller()));
        recovery.MapAnonymous(anonymous);
        recovery.MapForCaller(forCaller);
        sessions.Map(forCaller);
        keys.Map(forCaller);
        workspaces.Map(routes.MapGroup("/api/v1/workspaces").WithMetadata(AnswersIn.Json, new RequiresCaller(), OpenToKeys.Workspaces));
        services.Map(routes.MapGroup("/api/v1/workspaces/{id}/service-accounts").WithMetadata(AnswersIn.Json, new RequiresCaller()));
        members.Map(routes.MapGroup("/api/v1/workspaces/{id}").WithMetadata(AnswersIn.Json, new RequiresCaller(), OpenToKeys.Workspaces));
        presence.Map(routes.MapGroup("/api/v1/workspaces/{id}").WithMetadata(AnswersIn.Json, new RequiresCaller(), OpenToKeys.Workspaces));
        members.MapTransfer(routes.MapGroup("/api/v1/workspaces/{id}").WithMetadata(AnswersIn.Json, new RequiresCaller()));
        invitations.MapOfWorkspace(routes.MapGroup("/api/v1/workspaces/{id}/invitations").WithMetadata(AnswersIn.Json, new RequiresCaller(), OpenToKeys.Workspaces));
        invitations.MapAnonymous(anonymous);
        invitations.MapForCaller(forCaller);
        admin.Map(routes.MapGroup("/api/v1/admin").WithMetadata(AnswersIn.Json, new RequiresCaller(), OpenToKeys.Administration));
        leaving.MapAnonymous(anonymous);
        leaving.MapForCaller(forCaller);
        foreach (var prefix in new[] { "/api/v1/tasks", "/tasks" })
        {
            var group = routes.MapGroup(prefix).WithMetadata(AnswersIn.Json, new RequiresCaller(), OpenToKeys.Tasks, new TakesWorkspace());
            tasks.Map(group);
            batches.Map(group);
            bulk.Map(group);
            notes.Map(group);
            events.MapOfTask(group);
        }
        events.Map(routes.MapGroup("/api/v1").WithMetadata(AnswersIn.Json, new RequiresCaller(), OpenToKeys.Tasks, new TakesWorkspace()));
        streams.Map(routes.MapGroup("/api/v1").WithMetadata(new RequiresCaller(), OpenToKeys.Listening, new TakesWorkspace()));
        sockets.Map(routes.MapGroup("/api/v1").WithMetadata(new RequiresCaller(), OpenToKeys.Listening));
        // What has happened is mostly what tasks say: a key that may only know of workspaces is not shown it.
        events.MapOfWorkspace(routes.MapGroup("/api/v1/workspaces/{id}").WithMetadata(AnswersIn.Json, new RequiresCaller(), OpenToKeys.Tasks));
        categories.Map(routes.MapGroup("/api/v1/categories").WithMetadata(AnswersIn.Json, new RequiresCaller(), OpenToKeys.Tasks, new TakesWorkspace()));
        tags.Map(routes.MapGroup("/api/v1/tags").WithMetadata(AnswersIn.Json, new RequiresCaller(), OpenToKeys.Tasks, new TakesWorkspace()));
    }
}
