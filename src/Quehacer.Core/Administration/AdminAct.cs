using System.Text.Json;
using System.Text.Json.Serialization;

namespace Quehacer.Core.Administration;

/// <summary>What an administrator does, or whoever runs the installation. Each has a name, which is stored.</summary>
public enum AdminActKind
{
    /// <summary>An account was made by whoever runs the installation, who vouches for its e-mail.</summary>
    UserCreated,
    PlanChanged,
    RoleChanged,
    Suspended,
    Unsuspended,

    /// <summary>All second factors of an account were taken away.</summary>
    FactorsReset,

    /// <summary>All sessions of an account were ended.</summary>
    SignedOut,

    /// <summary>A list of tasks was read, of a workspace that the account owns.</summary>
    TasksListed,

    /// <summary>One of these tasks was read.</summary>
    TaskRead,
}

/// <summary>The names of acts.</summary>
public static class AdminActKinds
{
    /// <summary>In the order of <see cref="AdminActKind"/>; they never change.</summary>
    public static readonly IReadOnlyList<string> Names =
    [
        "user.created", "user.plan_changed", "user.role_changed", "user.suspended", "user.unsuspended", "user.factors_reset", "user.signed_out", "user.tasks_listed", "user.task_read",
    ];

    public static string NameOf(AdminActKind kind) => Names[(int)kind];
}

/// <summary>What an act was exactly. Only what its kind has is set.</summary>
public sealed record AdminActDetail
{
    /// <summary>The plan or the role before.</summary>
    public string? From { get; init; }

    /// <summary>The plan or the role from then on.</summary>
    public string? To { get; init; }

    /// <summary>Why, in the words of whoever did it.</summary>
    public string? Reason { get; init; }

    /// <summary>The task that was read.</summary>
    public Guid? TaskId { get; init; }
}

/// <summary>Something to be recorded.</summary>
/// <param name="UserId">Whose account it was done to.</param>
public sealed record AdminAct(AdminActKind Kind, Guid UserId)
{
    /// <summary>The workspace that was looked into; null where none was.</summary>
    public Guid? WorkspaceId { get; init; }

    public AdminActDetail? Detail { get; init; }
}

/// <summary>Something that was done.</summary>
/// <param name="ActorId">Null for whoever runs the installation.</param>
/// <param name="Act">One of <see cref="AdminActKinds.Names"/>.</param>
/// <param name="Address">From where; null for whoever sits at the machine.</param>
public sealed record RecordedAct(Guid Id, Guid? ActorId, string Act, Guid? UserId, Guid? WorkspaceId, AdminActDetail? Detail, string? Address, string? RequestId)
{
    public DateTime At => Ids.TimeOf(Id);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AdminActDetail))]
internal sealed partial class AdminActJson : JsonSerializerContext
{
    public static string? Write(AdminActDetail? detail) => detail is null ? null : JsonSerializer.Serialize(detail, Default.AdminActDetail);

    public static AdminActDetail Read(string detail) => JsonSerializer.Deserialize(detail, Default.AdminActDetail)!;
}
