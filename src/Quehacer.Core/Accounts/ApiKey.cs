using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Quehacer.Core.Accounts;

/// <summary>What a key is good for. The bits are stored.</summary>
[Flags]
public enum KeyScopes
{
    None = 0,

    /// <summary>Reading tasks, notes, categories and tags.</summary>
    ReadTasks = 1,

    /// <summary>Writing them. What was written is shown, and nothing else.</summary>
    WriteTasks = 2,

    /// <summary>Reading workspaces and who is in them.</summary>
    ReadWorkspaces = 4,

    /// <summary>Making them, changing them and who is in them, as far as the owner of the key may. Not handing them on, and nothing about keys.</summary>
    WriteWorkspaces = 8,

    /// <summary>What administrators of the installation do, as long as the owner of the key is one.</summary>
    Administer = 16,
}

/// <summary>An API key: programs show it in the place of an access token, a person's own or those of a service account.</summary>
/// <param name="WorkspaceId">The one workspace that it is good for; null for all that its owner is in.</param>
/// <param name="ExpiresAt">Null for a key that is good until it is revoked.</param>
/// <param name="LastUsedAt">To about a minute; null for never.</param>
public sealed record ApiKey(Guid Id, string Name, KeyScopes Scopes, Guid? WorkspaceId, DateTime? ExpiresAt, DateTime? LastUsedAt)
{
    public DateTime CreatedAt => Ids.TimeOf(Id);
}

/// <summary>What a request says of a new key. The name is storable, normalised and trimmed.</summary>
public sealed record NewApiKey
{
    public Edit<string> Name { get; init; }

    public Edit<KeyScopes> Scopes { get; init; }

    /// <summary>The one workspace that it is to be good for; null for all. A key of a service account has that of its account.</summary>
    public Edit<Guid?> WorkspaceId { get; init; }

    public Edit<DateTime?> ExpiresAt { get; init; }

    /// <summary>Of the account: a stolen access token makes no key that outlives it.</summary>
    public Edit<string> CurrentPassword { get; init; }

    /// <summary>Faults of form that no member above can carry.</summary>
    public IReadOnlyList<FieldError> Faults { get; init; } = [];

    /// <param name="scopes">What the scopes are called: those of a service account are fewer.</param>
    internal List<FieldError> Check(DateTime now, Field scopes = Field.Scopes)
    {
        var faults = new List<FieldError>(Faults);
        if (!Name.IsSet || Name.Value.Length == 0)
        {
            faults.Add(new FieldError(Field.Name, Name.Fault ?? FieldFault.Required));
        }
        else if (Text.Characters(Name.Value) > Limits.ApiKeyNameCharacters)
        {
            faults.Add(new FieldError(Field.Name, FieldFault.TooLong, Limits.ApiKeyNameCharacters));
        }
        if (!faults.Exists(fault => fault.Field == scopes) && (!Scopes.IsSet || Scopes.Value == KeyScopes.None))
        {
            faults.Add(new FieldError(scopes, Scopes.Fault ?? FieldFault.Required));
        }
        if (WorkspaceId.Fault is { } noId)
        {
            faults.Add(new FieldError(Field.WorkspaceId, noId));
        }
        else if (WorkspaceId is { IsSet: true, Value: not null } && Scopes.IsSet && Scopes.Value.HasFlag(KeyScopes.Administer))
        {
            // What administrators do is done in no workspace.
            faults.Add(new FieldError(Field.WorkspaceId, FieldFault.Contradiction, Name: "scopes"));
        }
        if (ExpiresAt.Fault is { } wrong)
        {
            faults.Add(new FieldError(Field.ExpiresAt, wrong));
        }
        else if (ExpiresAt is { IsSet: true, Value: { } end } && end <= now)
        {
            faults.Add(new FieldError(Field.ExpiresAt, FieldFault.NotInFuture));
        }
        if (!CurrentPassword.IsSet || CurrentPassword.Value.Length == 0)
        {
            faults.Add(new FieldError(Field.CurrentPassword, CurrentPassword.Fault ?? FieldFault.Required));
        }
        return faults;
    }
}

/// <summary>
/// The text of a key: which, and a secret of 256 bits. The secret is derived when the key is made, so that a repeated request gets the same answer
/// (docs/decisions/0003); what decides afterwards is the hash that is kept, so that keys outlive a change of the signing key.
/// </summary>
internal static class ApiKeyText
{
    /// <summary>Scanners of source code look for it.</summary>
    public const string Prefix = "qh_";

    private const int IdBytes = 16;
    private const int Bytes = IdBytes + 32;

    public static string Issue(SigningKey signingKey, Guid id)
    {
        Span<byte> key = stackalloc byte[Bytes];
        id.TryWriteBytes(key, bigEndian: true, out _);
        HMACSHA256.HashData(signingKey.ForApiKeys, key[..IdBytes], key[IdBytes..]);
        return Prefix + Base64Url.EncodeToString(key);
    }

    /// <summary>Which key a text would be. It proves nothing yet.</summary>
    public static bool TryRead(ReadOnlySpan<char> text, out Guid id)
    {
        id = default;
        Span<byte> key = stackalloc byte[Bytes];
        if (!text.StartsWith(Prefix, StringComparison.Ordinal)
            || Base64Url.DecodeFromChars(text[Prefix.Length..], key, out _, out var written) != OperationStatus.Done || written != Bytes)
        {
            return false;
        }
        id = new Guid(key[..IdBytes], bigEndian: true);
        return true;
    }

    /// <summary>Whether the signing key of now has made it. One that an earlier signing key has made may be good all the same.</summary>
    public static bool IsMadeBy(SigningKey signingKey, Guid id, string text) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(text), Encoding.ASCII.GetBytes(Issue(signingKey, id)));

    /// <summary>What is kept of a key.</summary>
    public static byte[] Hash(string text) => SHA256.HashData(Encoding.ASCII.GetBytes(text));
}
