using System.Globalization;
using Quehacer.Core;
using Quehacer.Core.Limiting;

namespace Quehacer.Server.Http;

/// <summary>How much is allowed in how long, and how a caller is told: a quota policy of draft-ietf-httpapi-ratelimit-headers-10.</summary>
/// <param name="Name">What it is called in headers; never changes.</param>
/// <param name="Amount">1 or more.</param>
/// <param name="Meaning">A sentence that says what it allows.</param>
internal sealed record Quota(string Name, int Amount, TimeSpan Window, Said Meaning)
{
    /// <summary>The headers of every answer under a limit. They stay when a request fails and what else was said of it is taken back.</summary>
    public static readonly string[] Headers = ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "RateLimit-Policy", "RateLimit"];

    private readonly string amount = Amount.ToString(CultureInfo.InvariantCulture);

    /// <summary>As <c>RateLimit-Policy</c> says it: q is the quota, w the window in seconds.</summary>
    public string Policy { get; } = string.Create(CultureInfo.InvariantCulture, $"\"{Name}\";q={Amount};w={(long)Window.TotalSeconds}");

    /// <summary>Tells the caller where they stand; the reset is in Unix seconds in the older headers, and in seconds from now in the draft's.</summary>
    /// <param name="policies">All that hold for the request.</param>
    public void Tell(IHeaderDictionary headers, string policies, Counted counted)
    {
        var remaining = counted.Remaining.ToString(CultureInfo.InvariantCulture);
        headers["X-RateLimit-Limit"] = amount;
        headers["X-RateLimit-Remaining"] = remaining;
        headers["X-RateLimit-Reset"] = counted.EndsAt.ToString(CultureInfo.InvariantCulture);
        headers["RateLimit-Policy"] = policies;
        headers["RateLimit"] = string.Create(CultureInfo.InvariantCulture, $"\"{Name}\";r={remaining};t={counted.SecondsLeft}");
    }
}

/// <summary>
/// A quota for each caller, counted in the memory of this server. As metadata of an endpoint or a group it holds there, beside the caller's own
/// limit; what is marked with the same one shares its count.
/// </summary>
internal sealed class RateLimit(Quota quota, FixedWindows windows)
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    public Quota Quota => quota;

    /// <summary>So many requests a minute, with a count of its own.</summary>
    public static RateLimit PerMinute(string name, int amount, Said meaning) => PerMinute(name, amount, meaning, WindowsOfAMinute());

    /// <summary>The same with a count that it shares with others.</summary>
    public static RateLimit PerMinute(string name, int amount, Said meaning, FixedWindows windows) => new(new Quota(name, amount, Minute, meaning), windows);

    public static FixedWindows WindowsOfAMinute() => new(Minute, Limits.CountedCallers, TimeProvider.System);

    public Counted Take(UInt128 caller) => windows.Take(caller, quota.Amount);
}

/// <summary>A quota that is used up, for a contract to say in its own shape.</summary>
/// <param name="RetryAfterSeconds">1 or more.</param>
internal sealed record LimitReached(Quota Quota, int RetryAfterSeconds)
{
    public Said Detail => new(
        $"{Quota.Meaning.English} Wait {RetryAfterSeconds} seconds, as Retry-After says, and try again.",
        $"{Quota.Meaning.Spanish} Espera {RetryAfterSeconds} segundos, como indica Retry-After, e inténtalo de nuevo.");

    /// <summary>What the core counts, told like the limits on requests.</summary>
    public static LimitReached Of(Exhausted exhausted)
    {
        var minutes = (int)exhausted.Window.TotalMinutes;
        var (name, meaning) = exhausted.Kind switch
        {
            AttemptKind.LoginFromAddress => ("login", new Said(
                $"{exhausted.Quota} logins with this e-mail have failed from this address within {minutes} minutes.",
                $"{exhausted.Quota} inicios de sesión con este correo fallaron desde esta dirección en {minutes} minutos.")),
            AttemptKind.LoginOfEmail => ("login-daily", new Said(
                $"{exhausted.Quota} logins with this e-mail have failed within a day from where it has not signed in before.",
                $"{exhausted.Quota} inicios de sesión con este correo fallaron en un día desde donde antes no se había iniciado sesión.")),
            AttemptKind.CodeFromAddress => ("code", new Said(
                $"{exhausted.Quota} codes for this account have failed from this address within {minutes} minutes.",
                $"{exhausted.Quota} códigos para esta cuenta fallaron desde esta dirección en {minutes} minutos.")),
            AttemptKind.CodeOfAccount => ("code-daily", new Said(
                $"{exhausted.Quota} codes for this account have failed within a day from where it has not signed in before.",
                $"{exhausted.Quota} códigos para esta cuenta fallaron en un día desde donde antes no se había iniciado sesión.")),
            AttemptKind.PasswordReset => ("password-reset", new Said(
                $"A password reset has been asked for {exhausted.Quota} times for this e-mail within {minutes} minutes.",
                $"Se pidió {exhausted.Quota} veces restablecer la contraseña de este correo en {minutes} minutos.")),
            AttemptKind.Letter => ("letter", new Said(
                $"{exhausted.Quota} letters to this e-mail have been asked for within {minutes} minutes.",
                $"Se pidieron {exhausted.Quota} mensajes a este correo en {minutes} minutos.")),
            AttemptKind.Invitation => ("invitation", new Said(
                $"You have sent {exhausted.Quota} invitations within {minutes} minutes.",
                $"Has enviado {exhausted.Quota} invitaciones en {minutes} minutos.")),
        };
        return new LimitReached(new Quota(name, exhausted.Quota, exhausted.Window, meaning), exhausted.RetryAfterSeconds);
    }

    /// <summary>Tells that nothing is left.</summary>
    public void Tell(IHeaderDictionary headers)
    {
        var now = new DateTimeOffset(DateTime.UtcNow).ToUnixTimeSeconds();
        Quota.Tell(headers, Quota.Policy, new Counted(false, 0, RetryAfterSeconds, now + RetryAfterSeconds));
    }
}
