using System.Text.RegularExpressions;

namespace Quehacer.Core.Accounts;

/// <param name="WorkspaceId">The personal workspace, made at registration.</param>
/// <param name="Version">Rises by one with every change.</param>
public sealed record Account(Guid Id, string Email, string Name, bool IsAdmin, Guid WorkspaceId, int Version, DateTime UpdatedAt)
{
    /// <summary>How much the account may ask of the server.</summary>
    public Plan Plan { get; init; }

    /// <summary>Rises with whatever makes older proofs worthless; a session begins only on those that were shown for it.</summary>
    public int Credentials { get; init; } = 1;

    public bool IsEmailVerified { get; init; }

    /// <summary>Since when nobody signs in to it, nor comes with anything of it; null when people may.</summary>
    public DateTime? SuspendedAt { get; init; }

    /// <summary>An authenticator is a second factor of the account.</summary>
    public bool HasTotp { get; init; }

    /// <summary>Codes by mail are a second factor of the account.</summary>
    public bool HasEmailFactor { get; init; }

    public bool HasSecondFactor => HasTotp || HasEmailFactor;

    /// <summary>It belongs to the workspace <see cref="WorkspaceId"/> and to no person: nobody signs in to it, and it has no e-mail.</summary>
    public bool IsService => Email.Length == 0;

    /// <summary>When the account is deleted, as its owner has asked, UTC; null where nobody has. Until then nothing opens it but a change of mind.</summary>
    public DateTime? DeletionDueAt { get; init; }

    public DateTime CreatedAt => Ids.TimeOf(Id);

    public IReadOnlyList<string> Roles => IsAdmin ? ["user", "admin"] : ["user"];
}

/// <summary>What a request says of an account. Texts are storable, normalised and trimmed, the password as it came.</summary>
public sealed partial record AccountEdit
{
    public Edit<string> Email { get; init; }

    public Edit<string> Name { get; init; }

    public Edit<string> Password { get; init; }

    /// <summary>Faults of form that no member above can carry, such as an unknown member.</summary>
    public IReadOnlyList<FieldError> Faults { get; init; } = [];

    /// <summary>What is wrong with a registration.</summary>
    internal List<FieldError> CheckRegistration()
    {
        var faults = new List<FieldError>(Faults);
        Require(Field.Email, Email, faults);
        if (Email.IsSet && Email.Value.Length > 0 && CheckEmail(Email.Value) is { } wrong)
        {
            faults.Add(wrong);
        }
        Require(Field.Name, Name, faults);
        CheckName(faults);
        if (!Password.IsSet)
        {
            faults.Add(new FieldError(Field.Password, Password.Fault ?? FieldFault.Required));
        }
        else if (Passwords.Check(Password.Value, Email.Or("") ?? "", Name.Or("") ?? "") is { } fault)
        {
            faults.Add(fault);
        }
        return faults;
    }

    /// <summary>What is wrong with a change of one's own account.</summary>
    internal List<FieldError> CheckChange()
    {
        var faults = new List<FieldError>(Faults);
        if (Name.IsPresent)
        {
            Require(Field.Name, Name, faults);
            CheckName(faults);
        }
        return faults;
    }

    /// <summary>What is wrong with an e-mail that somebody wants to have; null when nothing is.</summary>
    internal static FieldError? CheckEmail(string email) =>
        !Text.IsStorable(email) ? new FieldError(Field.Email, FieldFault.NotText)
        : Text.Characters(email) > Limits.EmailCharacters ? new FieldError(Field.Email, FieldFault.TooLong, Limits.EmailCharacters)
        : !IsEmail(email) ? new FieldError(Field.Email, FieldFault.NotAnEmail)
        : null;

    /// <summary>By which e-mails are equal: case does not count.</summary>
    public static string EmailKey(string email) => Text.NameKey(email);

    /// <summary>What a service account has in its place: no e-mail has it, for keys are folded to lower case.</summary>
    internal static string KeyOfService(Guid userId) => $"SERVICE {userId:N}";

    /// <summary>What stands in its place once an account is deleted: no e-mail has it, for keys are folded to lower case.</summary>
    internal static string KeyOfNobody(Guid userId) => $"NOBODY {userId:N}";

    /// <summary>Whether an account can have this e-mail.</summary>
    public static bool IsEmail(string email) => Text.Characters(email) <= Limits.EmailCharacters && EmailPattern().IsMatch(email);

    private void CheckName(List<FieldError> faults)
    {
        if (Name.IsSet && Text.Characters(Name.Value) > Limits.UserNameCharacters)
        {
            faults.Add(new FieldError(Field.Name, FieldFault.TooLong, Limits.UserNameCharacters));
        }
    }

    private static void Require(Field field, Edit<string> edit, List<FieldError> faults)
    {
        if (!edit.IsSet)
        {
            faults.Add(new FieldError(field, edit.Fault ?? FieldFault.Required));
        }
        else if (edit.Value.Length == 0)
        {
            faults.Add(new FieldError(field, FieldFault.Required));
        }
    }

    /// <summary>
    /// One @, something before it, and behind it a host name (HTML's rule for e-mail fields, with letters of any script, RFC 6531); whether
    /// mail arrives there only a mail can tell.
    /// </summary>
    [GeneratedRegex(@"^[^\s@<>()\[\]\\,;:""\p{C}]+@[\p{L}\p{N}\p{M}](?:[\p{L}\p{N}\p{M}\-]*[\p{L}\p{N}\p{M}])?(?:\.[\p{L}\p{N}\p{M}](?:[\p{L}\p{N}\p{M}\-]*[\p{L}\p{N}\p{M}])?)+\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex EmailPattern();
}
