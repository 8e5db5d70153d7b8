using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Accounts;

/// <summary>
/// An account that belongs to a workspace and to no person: programs come with its keys, what they do is told as its own, and it stays when people go.
/// </summary>
/// <param name="Role">Viewer or editor.</param>
/// <param name="UpdatedAt">When its name or its role last changed, UTC.</param>
public sealed record ServiceAccount(Guid Id, string Name, WorkspaceRole Role, int Version, DateTime UpdatedAt)
{
    public DateTime CreatedAt => Ids.TimeOf(Id);
}

/// <summary>A service account with what its entity tag is made of.</summary>
public sealed record ServiceAccountView(ServiceAccount Account, EntityTag Tag);

/// <summary>What a request says of a service account. The name is storable, normalised and trimmed.</summary>
public sealed record ServiceAccountEdit
{
    public Edit<string> Name { get; init; }

    /// <summary>Viewer or editor.</summary>
    public Edit<WorkspaceRole> Role { get; init; }

    /// <summary>Of whoever makes it; a change does without.</summary>
    public Edit<string> CurrentPassword { get; init; }

    /// <summary>Faults of form that no member above can carry, such as an unknown member.</summary>
    public IReadOnlyList<FieldError> Faults { get; init; } = [];

    internal List<FieldError> Check(bool isNew)
    {
        var faults = new List<FieldError>(Faults);
        if (Name.IsSet ? Name.Value.Length == 0 : isNew || Name.IsPresent)
        {
            faults.Add(new FieldError(Field.Name, Name.Fault ?? FieldFault.Required));
        }
        else if (Name.IsSet && Text.Characters(Name.Value) > Limits.UserNameCharacters)
        {
            faults.Add(new FieldError(Field.Name, FieldFault.TooLong, Limits.UserNameCharacters));
        }
        if (!Role.IsSet && (isNew || Role.IsPresent))
        {
            faults.Add(new FieldError(Field.Role, Role.Fault ?? FieldFault.Required));
        }
        if (isNew && (!CurrentPassword.IsSet || CurrentPassword.Value.Length == 0))
        {
            faults.Add(new FieldError(Field.CurrentPassword, CurrentPassword.Fault ?? FieldFault.Required));
        }
        return faults;
    }
}
