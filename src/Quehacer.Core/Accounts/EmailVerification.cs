namespace Quehacer.Core.Accounts;

/// <summary>What becomes of accounts whose e-mail nobody has shown to be theirs.</summary>
public enum EmailVerification
{
    /// <summary>Nobody is asked.</summary>
    Off,

    /// <summary>A letter asks, and nothing is refused to whoever does not answer it.</summary>
    Optional,

    /// <summary>No session begins before the letter is answered.</summary>
    Required,
}
