using System.Collections.Frozen;

namespace Quehacer.Core.Accounts;

/// <summary>Hashing, as the server's framework does it: this assembly has no reference to it.</summary>
/// <param name="Hash">Password to hash.</param>
/// <param name="Verify">Hash and password to whether they belong together.</param>
public sealed record PasswordHashing(Func<string, string> Hash, Func<string, string, bool> Verify);

/// <summary>
/// Passwords as NIST SP 800-63B-4 wants them: a least length, no rules about characters, not one of those that everybody tries first.
/// Hashing is slow on purpose, so no more of it runs at a time than there are processors, and the other requests keep theirs.
/// </summary>
public sealed class Passwords(PasswordHashing hashing)
{
    private readonly SemaphoreSlim processors = new(Environment.ProcessorCount);

    /// <summary>Verified when there is no account, so that the answer takes as long as when there is one.</summary>
    private readonly Lazy<string> nobodys = new(() => hashing.Hash("nobody's password"));

    /// <summary>The common ones, as the package zxcvbn-core ships them; only those long enough to be chosen here are kept.</summary>
    private static readonly Lazy<FrozenSet<string>> Common = new(ReadCommon);

    /// <summary>What is wrong with a password somebody wants to have; null when nothing is.</summary>
    public static FieldError? Check(string password)
    {
        if (!Text.IsStorable(password))
        {
            // PBKDF2 pads its key with zeros: with NUL allowed, a password would have others that open the same door.
            return new FieldError(Field.Password, FieldFault.NotText);
        }
        return Text.Characters(password) switch
        {
            < Limits.PasswordMinCharacters => new FieldError(Field.Password, FieldFault.TooShort, Limits.PasswordMinCharacters),
            > Limits.PasswordMaxCharacters => new FieldError(Field.Password, FieldFault.TooLong, Limits.PasswordMaxCharacters),
            _ => Common.Value.Contains(password.ToLowerInvariant()) ? new FieldError(Field.Password, FieldFault.TooCommon) : null,
        };
    }

    public Task<string> HashAsync(string password, CancellationToken cancellation) => BoundedAsync(() => hashing.Hash(Text.Normalise(password)), cancellation);

    /// <param name="hash">Null where there is no such account: then the answer is no, as late as ever.</param>
    public Task<bool> VerifyAsync(string? hash, string password, CancellationToken cancellation) =>
        BoundedAsync(() => hashing.Verify(hash ?? nobodys.Value, Text.Normalise(password)) && hash is not null, cancellation);

    private async Task<T> BoundedAsync<T>(Func<T> work, CancellationToken cancellation)
    {
        await processors.WaitAsync(cancellation);
        try
        {
            return await Task.Run(work, cancellation);
        }
        finally
        {
            processors.Release();
        }
    }

    private static FrozenSet<string> ReadCommon()
    {
        using var stream = typeof(Zxcvbn.Zxcvbn).Assembly.GetManifestResourceStream("zxcvbn-core.Dictionaries.passwords.lst")
            ?? throw new InvalidOperationException("The package zxcvbn-core no longer ships its list of passwords under this name.");
        using var reader = new StreamReader(stream);
        var common = new HashSet<string>(StringComparer.Ordinal);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length >= Limits.PasswordMinCharacters)
            {
                common.Add(line.ToLowerInvariant());
            }
        }
        return common.ToFrozenSet(StringComparer.Ordinal);
    }
}
