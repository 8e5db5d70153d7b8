using Npgsql;
using Quehacer.Core.Postgres;

namespace Quehacer.Core.Limiting;

/// <summary>What is attempted. The numbers are stored.</summary>
public enum AttemptKind : short
{
    /// <summary>A login with one e-mail from one address.</summary>
    LoginFromAddress = 1,

    /// <summary>A login with one e-mail from wherever it has not signed in before.</summary>
    LoginOfEmail = 2,

    /// <summary>A one-time code of one account from one address.</summary>
    CodeFromAddress = 3,

    /// <summary>A one-time code of one account from wherever it has not signed in before.</summary>
    CodeOfAccount = 4,

    /// <summary>Asking for a password reset of one e-mail.</summary>
    PasswordReset = 5,

    /// <summary>Asking for a letter with a code or a link, other than a password reset, to one e-mail.</summary>
    Letter = 6,

    /// <summary>Inviting somebody into a workspace, by one account, whoever is invited and wherever.</summary>
    Invitation = 7,
}

/// <summary>One attempt that was counted, so that it can be given back.</summary>
/// <param name="Key">Of whom or what: a hash, never a text that says something.</param>
public sealed record Attempt(AttemptKind Kind, byte[] Key, DateTime WindowEndsAt);

/// <summary>A bound that was reached.</summary>
/// <param name="Quota">How many it allows.</param>
/// <param name="Window">As long as it is this time.</param>
/// <param name="RetryAfterSeconds">Until its window ends, rounded up; at least 1.</param>
public sealed record Exhausted(AttemptKind Kind, int Quota, TimeSpan Window, int RetryAfterSeconds);

/// <summary>
/// Counts attempts in PostgreSQL, in windows that begin with the first attempt: for what must be bounded over all servers and their restarts. An attempt is counted before the secret is looked at, by one conditional statement that commits by itself, so that no
/// failure takes the count back and of any number of attempts at once no more are let through than the quota allows.
/// </summary>
public sealed class Attempts(Database database, TimeProvider time)
{
    /// <summary>How often a window doubles: 15 minutes become four hours, which slows a guesser down and is still no lock.</summary>
    private const int MostStrikes = 4;

    /// <summary>How long after its end a window that was used up is held against the next one; rows are kept so long.</summary>
    internal static readonly TimeSpan StrikesKeptFor = TimeSpan.FromDays(1);

    /// <summary>Of the window that begins now.</summary>
    private static readonly string NextStrikes = $"CASE WHEN $6 AND a.count >= $5 AND a.ends_at > $3 - $7 THEN least(a.strikes + 1, {MostStrikes}) ELSE 0 END";

    /// <summary>The attempt that was counted, or the bound that it met.</summary>
    /// <param name="kind">What is attempted.</param>
    /// <param name="key">Of whom or what.</param>
    /// <param name="quota">How many attempts a window allows; 1 or more.</param>
    /// <param name="window">How long the first window is.</param>
    /// <param name="grows">A window that begins within a day after one that was used up is twice as long as that one, at most 16 times the first.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<(Attempt? Attempt, Exhausted? Exhausted)> TryAsync(
        AttemptKind kind, byte[] key, int quota, TimeSpan window, bool grows, CancellationToken cancellation)
    {
        var now = time.NowUtc();
        await using (var count = database.Command($"""
            INSERT INTO attempts AS a (kind, key, count, ends_at) VALUES ($1, $2, 1, $3 + $4)
            ON CONFLICT (kind, key) DO UPDATE SET
                count = CASE WHEN a.ends_at <= $3 THEN 1 ELSE a.count + 1 END,
                ends_at = CASE WHEN a.ends_at <= $3 THEN $3 + $4 * power(2, {NextStrikes}) ELSE a.ends_at END,
                strikes = CASE WHEN a.ends_at <= $3 THEN {NextStrikes} ELSE a.strikes END
             WHERE a.ends_at <= $3 OR a.count < $5
            RETURNING ends_at
            """))
        {
            count.Parameters.With((short)kind).With(key).With(now).With(window).With(quota).With(grows).With(StrikesKeptFor);
            if (await count.ExecuteScalarAsync(cancellation) is DateTime endsAt)
            {
                return (new Attempt(kind, key, endsAt), null);
            }
        }
        // It has been refused; what is left to say is for how long. Who came first may have begun the window a moment after our clock was read.
        await using var find = database.Command("SELECT ends_at, strikes FROM attempts WHERE kind = $1 AND key = $2");
        find.Parameters.With((short)kind).With(key);
        await using var reader = await find.ExecuteReaderAsync(cancellation);
        var (left, length) = await reader.ReadAsync(cancellation) ? (reader.GetDateTime(0) - now, window * (1 << reader.GetInt16(1))) : (TimeSpan.Zero, window);
        return (null, new Exhausted(kind, quota, length, Math.Clamp((int)Math.Ceiling(left.TotalSeconds), 1, (int)length.TotalSeconds)));
    }

    /// <summary>Gives counts back, each to the window it was counted in, if that has not ended.</summary>
    /// <param name="counted">The attempts.</param>
    /// <param name="succeeded">The secret was right, and what was held against earlier failures is forgotten; otherwise it was not looked at.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task GiveBackAsync(IReadOnlyList<Attempt> counted, bool succeeded, CancellationToken cancellation)
    {
        foreach (var attempt in counted)
        {
            await using var command = database.Command(
                "UPDATE attempts SET count = count - 1, strikes = CASE WHEN $4 THEN 0 ELSE strikes END WHERE kind = $1 AND key = $2 AND ends_at = $3 AND count > 0");
            command.Parameters.With((short)attempt.Kind).With(attempt.Key).With(attempt.WindowEndsAt).With(succeeded);
            await command.ExecuteNonQueryAsync(cancellation);
        }
    }

    /// <summary>Begins anew for whom the attempts were counted.</summary>
    public async Task ForgetAsync(AttemptKind kind, byte[] key, CancellationToken cancellation)
    {
        await using var command = database.Command("DELETE FROM attempts WHERE kind = $1 AND key = $2");
        command.Parameters.With((short)kind).With(key);
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
