using System.Net;

namespace Quehacer.Core;

/// <summary>In what texts for people are written.</summary>
public enum Language
{
    English,
    Spanish,
}

/// <summary>From where somebody asks who has not been identified yet, or is identified by this very request.</summary>
/// <param name="Address">Null for whoever sits at the machine.</param>
/// <param name="UserAgent">What the client calls itself, up to <see cref="Limits.UserAgentCharacters"/>; null when it does not say.</param>
/// <param name="Language">In which letters to them are written.</param>
/// <param name="RequestId">As the server's log has it.</param>
public sealed record Visitor(IPAddress? Address, string? UserAgent, Language Language, string RequestId)
{
    /// <summary>Whoever sits at the machine.</summary>
    public static Visitor Operator { get; } = new(null, null, Language.English, "cli");
}
