using System.Text.Json.Nodes;
using Quehacer.Server.OpenApi;

namespace Quehacer.Server.Contracts.V1.OpenApi;

/// <summary>The operations on members of workspaces and on invitations into them.</summary>
internal static class MemberOperations
{
    public static IEnumerable<Operation> All() => Members().Concat(OfWorkspace()).Concat(OfInvited());

    private static IEnumerable<Operation> Members()
    {
        const string workspace = "/api/v1/workspaces/{id}";
        const string one = workspace + "/members/{user_id}";
        yield return new(
            "GET", workspace + "/members", "listMembers", "members", "List the members of a workspace",
            "Who is in it, in the order in which they registered. E-mails are told to the owner; everybody else sees their own.")
        {
            IsOfItsMoment = true,
            Query = Parameters.MemberQuery,
            Success = new(200, "A page of members.", "MemberList", Samples.Members, "Link"),
        };
        yield return new("GET", one, "getMember", "members", "Show a member", "One of the members, by the id of the account.")
        {
            Success = new(200, "The member.", "Member", Samples.Member),
        };
        yield return new(
            "PATCH", one, "changeMember", "members", "Change the role of a member",
            "Lets a member do more or less. The owner may; the owner's own role is handed on with `POST /api/v1/workspaces/{id}/transfer`.")
        {
            IsConditional = true,
            Body = "MemberChange",
            Requests = [new("editor", "Somebody who is to change things", () => JsonNode.Parse("""{"role":"editor"}""")!)],
            Success = new(200, "The member as they are now.", "Member", Samples.ChangedMember, "ETag", "Idempotent-Replayed"),
            Special = [ErrorResponse.OwnerOrPersonal],
        };
        yield return new(
            "DELETE", one, "removeMember", "members", "Remove a member",
            "The owner removes anybody else, and everybody else themselves. What they have written stays; nothing of theirs is let in any more, whatever they had begun.")
        {
            IsConditional = true,
            Success = new(204, "They are not in it any more.", Headers: "Idempotent-Replayed"),
            Special = [ErrorResponse.OwnerOrPersonal],
        };
        yield return new("POST", workspace + "/leave", "leaveWorkspace", "members", "Leave a workspace", "Whoever owns it hands it on first. An archived one is left like any other.")
        {
            Success = new(204, "You are not in it any more.", Headers: "Idempotent-Replayed"),
            Special = [ErrorResponse.OwnerOrPersonal],
        };
        yield return new(
            "POST", workspace + "/transfer", "transferWorkspace", "members", "Hand a workspace on",
            "Makes a member its owner, and you an editor. It wants your password; a wrong one counts like one at a login. Both of you get a letter.")
        {
            Body = "WorkspaceTransfer",
            Requests = [new("heir", "To another member", () => JsonNode.Parse($$"""{"user_id":"{{Samples.OtherUserId}}","current_password":"long enough to remember"}""")!)],
            Success = new(200, "The workspace as it is now.", "Workspace", Samples.TransferredWorkspace, "ETag", "Idempotent-Replayed"),
            Special = [ErrorResponse.WrongPassword, ErrorResponse.PersonalWorkspace],
        };
    }

    private static IEnumerable<Operation> OfWorkspace()
    {
        const string invitations = "/api/v1/workspaces/{id}/invitations";
        const string one = invitations + "/{invitation_id}";
        yield return new("GET", invitations, "listInvitations", "invitations", "List the open invitations", "Those into this workspace that nobody has answered yet, the oldest first. Its owner may.")
        {
            IsOfItsMoment = true,
            Query = Parameters.InvitationQuery,
            Success = new(200, "A page of invitations.", "InvitationList", Samples.Invitations, "Link"),
        };
        yield return new(
            "POST", invitations, "createInvitation", "invitations", "Invite somebody",
            "Sends a letter with a link that is good once and for a week. Its owner may. Another one for the same e-mail takes the place of the first. The answer is the same whether anybody has the e-mail or not.")
        {
            Body = "NewInvitation",
            Requests = [new("luis", "Somebody who is to look on", () => JsonNode.Parse("""{"email":"luis@example.com","role":"viewer"}""")!)],
            Success = new(201, "The invitation.", "Invitation", Samples.Invitation, "Location", "Idempotent-Replayed"),
            Special = [ErrorResponse.MemberOrNotOpen],
        };
        yield return new("GET", one, "getInvitation", "invitations", "Show an invitation", "An open invitation by its id. The owner of the workspace may.")
        {
            IsOfItsMoment = true,
            Success = new(200, "The invitation.", "Invitation", Samples.Invitation),
        };
        yield return new("DELETE", one, "revokeInvitation", "invitations", "Revoke an invitation", "Makes its letter worth nothing. The owner of the workspace may.")
        {
            Success = new(204, "It cannot be accepted any more.", Headers: "Idempotent-Replayed"),
        };
    }

    private static IEnumerable<Operation> OfInvited()
    {
        const string mine = "/api/v1/me/invitations";
        const string one = mine + "/{invitation_id}";
        yield return new("POST", "/api/v1/invitations/look", "lookAtInvitation", "invitations", "Show the invitation of a letter", "Into which workspace, as what, and by whom. It changes nothing.")
        {
            IsAnonymous = true,
            Body = "OneTimeToken",
            Requests = [new("usual", "The token of the letter", () => JsonNode.Parse($$"""{"token":"{{Samples.OneTimeToken}}"}""")!)],
            Success = new(200, "The invitation.", "Invitation", Samples.Invitation),
            Special = [ErrorResponse.BadOneTimeToken],
        };
        yield return new(
            "POST", "/api/v1/invitations/accept", "acceptInvitation", "invitations", "Accept the invitation of a letter",
            "Lets you into the workspace. Your account must have the e-mail that the letter went to, which is verified by that: whoever has no account registers with it first.")
        {
            Body = "OneTimeToken",
            Requests = [new("usual", "The token of the letter", () => JsonNode.Parse($$"""{"token":"{{Samples.OneTimeToken}}"}""")!)],
            Success = new(200, "The workspace, in which you are now.", "Workspace", Samples.JoinedWorkspace, "ETag", "Idempotent-Replayed"),
            Special = [ErrorResponse.BadOneTimeToken, ErrorResponse.InvitedAnother, ErrorResponse.ArchivedOrInFlight],
        };
        yield return new("POST", "/api/v1/invitations/decline", "declineInvitation", "invitations", "Decline the invitation of a letter", "Says no, with or without an account. Nobody is told.")
        {
            IsAnonymous = true,
            Body = "OneTimeToken",
            Requests = [new("usual", "The token of the letter", () => JsonNode.Parse($$"""{"token":"{{Samples.OneTimeToken}}"}""")!)],
            Success = new(204, "It cannot be accepted any more.", Headers: "Idempotent-Replayed"),
            Special = [ErrorResponse.BadOneTimeToken],
        };
        yield return new(
            "GET", mine, "listOwnInvitations", "invitations", "List the invitations to you",
            "The open ones to the e-mail of your account, the oldest first. While that is not verified there are none: it may be somebody else's.")
        {
            IsOfItsMoment = true,
            Query = Parameters.InvitationQuery,
            Success = new(200, "A page of invitations.", "InvitationList", Samples.OwnInvitations, "Link"),
        };
        yield return new("POST", one + "/accept", "acceptOwnInvitation", "invitations", "Accept an invitation to you", "The same as with the letter, for one of those that are listed.")
        {
            Success = new(200, "The workspace, in which you are now.", "Workspace", Samples.JoinedWorkspace, "ETag", "Idempotent-Replayed"),
            Special = [ErrorResponse.NotFound, ErrorResponse.ArchivedOrInFlight],
        };
        yield return new("POST", one + "/decline", "declineOwnInvitation", "invitations", "Decline an invitation to you", "The same as with the letter, for one of those that are listed.")
        {
            Success = new(204, "It cannot be accepted any more.", Headers: "Idempotent-Replayed"),
            Special = [ErrorResponse.NotFound],
        };
    }
}
