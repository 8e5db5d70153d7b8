namespace Quehacer.Core.Workspaces;

/// <summary>What somebody is in a workspace. The numbers are stored, with room between them; more may do what less may.</summary>
public enum WorkspaceRole : short
{
    /// <summary>Sees everything in it and who is in it.</summary>
    Viewer = 10,

    /// <summary>Changes tasks, notes, categories and tags.</summary>
    Editor = 20,

    /// <summary>One, always: decides who is in it, what it is called, and whether it is in use.</summary>
    Owner = 30,
}

/// <summary>What somebody wants to do in a workspace.</summary>
public enum Permission
{
    /// <summary>Read whatever is in it.</summary>
    See,

    /// <summary>Change what is in it: tasks, notes, categories, tags.</summary>
    Write,

    /// <summary>Change the workspace itself and who is in it.</summary>
    Manage,
}

/// <summary>Who may do what: the one table. <see cref="Access"/> says the same to the database, and docs/workspaces.md to people.</summary>
public static class Permissions
{
    private static readonly Dictionary<Permission, (WorkspaceRole Least, bool InArchive)> Table = new()
    {
        [Permission.See] = (WorkspaceRole.Viewer, InArchive: true),
        [Permission.Write] = (WorkspaceRole.Editor, InArchive: false),
        [Permission.Manage] = (WorkspaceRole.Owner, InArchive: true),
    };

    /// <summary>The least that somebody has to be.</summary>
    public static WorkspaceRole LeastRole(this Permission permission) => Table[permission].Least;

    /// <summary>Whether it is done in a workspace that is archived, too.</summary>
    public static bool HoldsInArchive(this Permission permission) => Table[permission].InArchive;
}
