using System.Collections.Frozen;

namespace Quehacer.Core.Accounts;

/// <summary>Hashing, as the server's framework does it: this assembly has no reference to it.</summary>
/// <param name="Hash">Password to hash.</param>
/// <param name="Verify">Hash and password to whether they belong together.</param>
public sealed record PasswordHashing(Func<string, string> Hash, Func<string, string, bool> Verify);

/// <summary>
/// Passwords as NIST SP 800-63B-4 wants them: a least length, no rules about characters, not one of those that everybody tries first.
/// Hashing is slow on purpose, so only a few are hashed at a time, and not many wait, nor for long; beyond that it is refused. Hashing has threads of its
/// own: on those of the pool, all other requests would wait behind it.
/// </summary>
/// <param name="parallel">How many are hashed at a time, 1 or more.</param>
public sealed class Passwords(PasswordHashing hashing, int parallel)
{
    private readonly SemaphoreSlim hashers = new(parallel);
    private int underWay;

    /// <summary>Verified when there is no account, so that the answer takes as long as when there is one.</summary>
    private readonly Lazy<string> nobodys = new(() => hashing.Hash("nobody's password"));

    /// <summary>The common ones, as the package zxcvbn-core ships them; only those long enough to be chosen here are kept.</summary>
    private static readonly Lazy<FrozenSet<string>> Common = new(ReadCommon);

    /// <summary>What is wrong with a password somebody wants to have; null when nothing is.</summary>
    /// <param name="about">What everybody would try first with this account: its e-mail, the name. Digits and signs around them do not make them better.</param>
    public static FieldError? Check(string password, params ReadOnlySpan<string> about)
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
            _ => Common.Value.Contains(password.ToLowerInvariant()) || IsAbout(password, about) ? new FieldError(Field.Password, FieldFault.TooCommon) : null,
        };
    }

    private static bool IsAbout(string password, ReadOnlySpan<string> about)
    {
        var core = CoreOf(password);
        if (core.Length == 0)
        {
            return false;
        }
        foreach (var text in about)
        {
            if (core == CoreOf(text) || CoreOf(text.Split('@')[0]) == core || text.Split([' ', '.', '-', '_', '@'], StringSplitOptions.RemoveEmptyEntries).Any(word => CoreOf(word) == core))
            {
                return true;
            }
        }
        return core == "quehacer";

        // What is left between the first letter and the last.
        static string CoreOf(string text)
        {
            var (first, last) = (0, text.Length);
            while (first < last && !char.IsLetter(text[first]))
            {
                first++;
            }
            while (last > first && !char.IsLetter(text[last - 1]))
            {
                last--;
            }
            return string.Concat(text[first..last].Where(character => !char.IsWhiteSpace(character))).ToLowerInvariant();
        }
    }

    /// <summary>How many are hashed at a time unless somebody says otherwise: half of the processors belong to the other requests.</summary>
    public static int UsualParallel => Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>Null when too many wait already, or when it has waited too long.</summary>
    public async Task<string?> HashAsync(string password, CancellationToken cancellation)
    {
        string? hash = null;
        return await TryAsync(() => hash = hashing.Hash(Text.Normalise(password)), cancellation) ? hash : null;
    }

    /// <param name="hash">Null where there is no such account: then the answer is no, as late as ever.</param>
    /// <returns>Null when too many wait already, or when it has waited too long; then the password has not been looked at.</returns>
    public async Task<bool?> VerifyAsync(string? hash, string password, CancellationToken cancellation)
    {
        var belongs = false;
        return await TryAsync(() => belongs = hashing.Verify(hash ?? nobodys.Value, Text.Normalise(password)) && hash is not null, cancellation) ? belongs : null;
    }

    private async Task<bool> TryAsync(Action work, CancellationToken cancellation)
    {
        try
        {
            if (Interlocked.Increment(ref underWay) > parallel * (1 + Limits.PasswordsWaiting)
                || !await hashers.WaitAsync(TimeSpan.FromSeconds(Limits.PasswordWaitSeconds), cancellation))
            {
                return false;
            }
            try
            {
                await Task.Factory.StartNew(work, cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);
                return true;
            }
            finally
            {
                hashers.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref underWay);
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
