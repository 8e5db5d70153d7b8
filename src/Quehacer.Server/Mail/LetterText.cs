using System.Text;
using System.Xml.Linq;

namespace Quehacer.Server.Mail;

/// <summary>How a part of a letter is set: a paragraph, or an address or a code that stands alone on its line.</summary>
internal enum LetterPartKind
{
    Paragraph,
    Link,
    Code,
}

internal readonly record struct LetterPart(LetterPartKind Kind, string Text);

/// <summary>What a letter says, to be written as text and as HTML. It loads nothing, so that opening it tells nobody.</summary>
/// <param name="Tag">The language, as BCP 47 has it.</param>
/// <param name="Subject">Shown on locked screens: never a code in it.</param>
internal sealed record LetterText(string Tag, string Subject, IReadOnlyList<LetterPart> Parts)
{
    /// <summary>As RFC 5322 wants its lines, and none of them folded: a link that is folded is no link.</summary>
    public string AsText()
    {
        var text = new StringBuilder();
        foreach (var part in Parts)
        {
            text.Append(text.Length == 0 ? "" : "\r\n").Append(part.Text).Append("\r\n");
        }
        return text.ToString();
    }

    /// <summary>Built as elements, so that nothing needs escaping by hand.</summary>
    public string AsHtml()
    {
        var html = new XElement(
            "html", new XAttribute("lang", Tag),
            new XElement("head", new XElement("meta", new XAttribute("charset", "utf-8")), new XElement("title", Subject)),
            new XElement("body", Parts.Select(part => new XElement("p", part.Kind switch
            {
                LetterPartKind.Paragraph => new XText(part.Text),
                LetterPartKind.Link => new XElement("a", new XAttribute("href", part.Text), part.Text),
                LetterPartKind.Code => new XElement("strong", new XAttribute("style", "font-size:1.6em;letter-spacing:.15em"), part.Text),
            }))));
        // A line for each paragraph: RFC 5322 §2.1.1 allows 998 characters.
        return "<!DOCTYPE html>\r\n" + html.ToString(SaveOptions.DisableFormatting).Replace("<p>", "\r\n<p>", StringComparison.Ordinal) + "\r\n";
    }
}
