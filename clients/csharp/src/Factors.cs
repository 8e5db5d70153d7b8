namespace Quehacer.Client;

/// <summary>What a login waits for. Its text names no secret.</summary>
public sealed record MfaRequired
{
    /// <summary>Always true.</summary>
    [System.Text.Json.Serialization.JsonPropertyName("mfa_required")]
    public required bool IsMfaRequired { get; init; }

    /// <summary>To be shown together with a code.</summary>
    public required string MfaToken { get; init; }

    /// <summary>Seconds that it is taken.</summary>
    public required int ExpiresIn { get; init; }

    /// <summary>Where codes may come from: <c>totp</c>, <c>email</c>, <c>recovery_code</c>. There may be more.</summary>
    public required IReadOnlyList<string> Methods { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"A code of {string.Join(" or ", Methods)} is wanted";
}

/// <summary>A code is on its way by mail. Its text names no secret.</summary>
public sealed record CodeSent
{
    /// <summary>To be shown together with the code.</summary>
    public required string MfaToken { get; init; }

    /// <summary>Seconds that the two are taken.</summary>
    public required int ExpiresIn { get; init; }

    /// <inheritdoc/>
    public override string ToString() => nameof(CodeSent);
}

/// <summary>What a login to the account wants beside the password.</summary>
public sealed record Factors
{
    /// <summary>An authenticator.</summary>
    public required Factor Totp { get; init; }

    /// <summary>Codes by mail.</summary>
    public required Factor Email { get; init; }

    /// <summary>How many of the recovery codes have not been used.</summary>
    public required int RecoveryCodesLeft { get; init; }
}

/// <summary>Whether something is a second factor.</summary>
public sealed record Factor
{
    /// <summary>Whether a code of it is asked for.</summary>
    public required bool Enabled { get; init; }

    /// <summary>Since when; null where it is off.</summary>
    public required DateTimeOffset? Since { get; init; }
}

/// <summary>What an authenticator is to know; shown once. Its text names no secret.</summary>
public sealed record TotpSetup
{
    /// <summary>For typing, in base 32.</summary>
    public required string Secret { get; init; }

    /// <summary>For programs.</summary>
    public required string OtpauthUri { get; init; }

    /// <summary>For scanning: a PNG as a <c>data:</c> address.</summary>
    public required string QrCode { get; init; }

    /// <inheritdoc/>
    public override string ToString() => nameof(TotpSetup);
}

/// <summary>Codes for whoever has lost the other factor, each good once; shown once. Its text names none.</summary>
public sealed record RecoveryCodes
{
    /// <summary>Ten, or none where there are some already.</summary>
    [System.Text.Json.Serialization.JsonPropertyName("recovery_codes")]
    public required IReadOnlyList<string> Codes { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Codes.Count} recovery codes";
}

/// <summary>
/// The login waits for a code: ask for it, and give it to <see cref="QuehacerClient.FinishLoginAsync"/> together with the <see cref="MfaToken"/>. Where
/// <c>email</c> is the only method beside recovery codes, a letter with one is on its way.
/// </summary>
public sealed class SecondFactorRequiredException : Exception
{
    internal SecondFactorRequiredException(MfaRequired required)
        : base($"{required}. Give it to FinishLoginAsync together with the MfaToken.")
    {
        MfaToken = required.MfaToken;
        ExpiresIn = TimeSpan.FromSeconds(required.ExpiresIn);
        Methods = required.Methods;
    }

    /// <summary>To be shown together with the code.</summary>
    public string MfaToken { get; }

    /// <summary>How long it is taken.</summary>
    public TimeSpan ExpiresIn { get; }

    /// <summary>Where codes may come from: <c>totp</c>, <c>email</c>, <c>recovery_code</c>. There may be more.</summary>
    public IReadOnlyList<string> Methods { get; }
}

internal sealed record LoginCode
{
    public required string MfaToken { get; init; }

    public required string Code { get; init; }
}

internal sealed record LoginCodeLetter
{
    public required string MfaToken { get; init; }
}

internal sealed record CodeLogin
{
    public required string Email { get; init; }
}

internal sealed record CurrentPassword
{
    [System.Text.Json.Serialization.JsonPropertyName("current_password")]
    public required string Password { get; init; }
}

internal sealed record TotpCode
{
    public required string Code { get; init; }
}

internal sealed record FactorProof
{
    public required string CurrentPassword { get; init; }

    public required string Code { get; init; }

    public string? MfaToken { get; init; }
}
