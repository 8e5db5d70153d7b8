using System.Buffers;
using System.Text;

namespace Quehacer.Server.Http;

/// <summary>A column of a table: its name, and what it holds of a row; null for nothing.</summary>
internal sealed record Column<T>(string Name, Func<T, string?> Cell);

/// <summary>
/// Comma-separated values (RFC 4180) in UTF-8, without a byte order mark. Nothing is an empty cell, an empty text is <c>""</c>, as
/// PostgreSQL's COPY has it.
/// </summary>
internal static class Csv
{
    /// <summary>What a spreadsheet takes for the beginning of a formula, in both widths (OWASP, CSV Injection).</summary>
    private static readonly SearchValues<char> FormulaStarts = SearchValues.Create("=+-@\uFF1D\uFF0B\uFF0D\uFF20");

    /// <summary>RFC 4180 wants quotes for the comma, the quote and the ends of lines; the others are taken for separators by readers that guess.</summary>
    private static readonly SearchValues<char> Quotable = SearchValues.Create(",\"\r\n;\t");

    public static void WriteRow(IBufferWriter<byte> output, IReadOnlyList<string?> cells)
    {
        for (var i = 0; i < cells.Count; i++)
        {
            if (i > 0)
            {
                output.Write(","u8);
            }
            // Many readers take an empty line for no row.
            if ((cells[i] ?? (cells.Count == 1 ? "" : null)) is { } text)
            {
                Encoding.UTF8.GetBytes(Quoted(Defused(text)), output);
            }
        }
        output.Write("\r\n"u8);
    }

    /// <summary>Several texts in one cell, which is then itself a line of CSV: whatever they hold, they can be told apart, and an empty one is <c>""</c>.</summary>
    public static string InOneCell(IReadOnlyList<string> texts) => string.Join(',', texts.Select(Quoted));

    /// <summary>
    /// A text that no spreadsheet runs: an apostrophe goes before what would begin a formula, and before an apostrophe, so that one that leads a
    /// cell can be taken off without asking.
    /// </summary>
    private static string Defused(string text) =>
        text is ['\'' or '\t' or '\r' or '\n', ..] || text.AsSpan().TrimStart() is [var first, ..] && FormulaStarts.Contains(first) ? "'" + text : text;

    private static string Quoted(string text) =>
        text.Length == 0 || char.IsWhiteSpace(text[0]) || char.IsWhiteSpace(text[^1]) || text.AsSpan().ContainsAny(Quotable)
            ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\""
            : text;
}
