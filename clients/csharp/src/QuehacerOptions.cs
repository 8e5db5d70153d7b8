namespace Quehacer.Client;

/// <summary>How a client behaves. Every member has a default that suits.</summary>
public sealed record QuehacerOptions
{
    /// <summary>How often a request is sent at most until it is answered: 1 or more.</summary>
    public int Attempts { get; init; } = 5;

    /// <summary>How long one sending may take until its answer counts as lost.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Whoever is told by <c>Retry-After</c> to wait longer than this is given the refusal, and decides for themselves.</summary>
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The language of texts for people, such as <c>es</c>; English unless told. Codes are the same in all.</summary>
    public string? Language { get; init; }

    /// <summary>
    /// Called with every new session, so that it can be kept; with null when the session has ended. A refresh token is good for one use: one that was
    /// kept and not replaced ends the session.
    /// </summary>
    public Action<Session?>? SessionChanged { get; init; }

    /// <summary>What waits; the machine's own clock unless told.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
