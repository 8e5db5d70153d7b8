using Quehacer.Core.Accounts;

namespace Quehacer.Server.Contracts.V1;

/// <param name="MfaRequired">Always true: it tells the answer from one with tokens.</param>
/// <param name="ExpiresIn">Seconds that the token is taken.</param>
internal sealed record MfaRequiredBody(bool MfaRequired, string MfaToken, int ExpiresIn, IReadOnlyList<string> Methods)
{
    public static MfaRequiredBody Of(Login.Waits waits) =>
        new(MfaRequired: true, waits.MfaToken, waits.ExpiresInSeconds, [.. waits.Methods.Select(method => Words.CodeMethods[(int)method])]);
}

/// <param name="ExpiresIn">Seconds that the token is taken.</param>
internal sealed record CodeSentBody(string MfaToken, int ExpiresIn);

internal sealed record FactorsBody(FactorBody Totp, FactorBody Email, int RecoveryCodesLeft)
{
    public static FactorsBody Of(Factors factors) => new(FactorBody.Of(factors.TotpSince), FactorBody.Of(factors.EmailSince), factors.RecoveryCodesLeft);
}

/// <param name="Since">Null where it is off.</param>
internal sealed record FactorBody(bool Enabled, DateTime? Since)
{
    public static FactorBody Of(DateTime? since) => new(since is not null, since);
}

/// <param name="QrCode">A PNG as a <c>data:</c> address.</param>
internal sealed record TotpSetupBody(string Secret, string OtpauthUri, string QrCode);

internal sealed record RecoveryCodesBody(IReadOnlyList<string> RecoveryCodes);
