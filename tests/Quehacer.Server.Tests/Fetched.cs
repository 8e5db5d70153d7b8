using System.IO.Compression;
using System.Text;
using CsvHelper;

namespace Quehacer.Server.Tests;

/// <summary>An answer as the bytes that came, in whatever coding.</summary>
public sealed record Fetched(HttpResponseMessage Response, byte[] Bytes)
{
    public int Status => (int)Response.StatusCode;

    /// <summary>The type without its parameters.</summary>
    public string? Type => Header("Content-Type")?.Split(';')[0];

    /// <summary>Empty for none.</summary>
    public string Coding => Header("Content-Encoding") ?? "";

    public string Text => Encoding.UTF8.GetString(Decoded());

    public string? Header(string name) =>
        Response.Headers.NonValidated.TryGetValues(name, out var values) || Response.Content.Headers.NonValidated.TryGetValues(name, out values) ? values.ToString() : null;

    public List<Dictionary<string, string>> Csv() => Table(Decoded()).Rows;

    /// <summary>A table as another's reader reads it.</summary>
    public static (string[] Names, List<Dictionary<string, string>> Rows) Table(byte[] bytes)
    {
        using var csv = CsvReader.Create(bytes, new CsvReaderOptions { Separator = ',', SkipEmptyLines = false });
        string[] names = [.. csv.Headers];
        var rows = new List<Dictionary<string, string>>();
        while (csv.Read())
        {
            Assert.Equal(names.Length, csv.FieldCount);
            rows.Add(names.Select((name, i) => (name, csv.GetString(i))).ToDictionary());
        }
        return (names, rows);
    }

    private byte[] Decoded()
    {
        using var plain = new MemoryStream();
        using (Stream coded = Coding switch
        {
            "br" => new BrotliStream(new MemoryStream(Bytes), CompressionMode.Decompress),
            "gzip" => new GZipStream(new MemoryStream(Bytes), CompressionMode.Decompress),
            _ => new MemoryStream(Bytes),
        })
        {
            coded.CopyTo(plain);
        }
        return plain.ToArray();
    }

    public static async Task<Fetched> GetAsync(Client client, HttpClient http, string path, params (string Name, string Value)[] headers)
    {
        using var request = RequestFor(client, path, headers);
        var response = await http.SendAsync(request);
        return new Fetched(response, await response.Content.ReadAsByteArrayAsync());
    }

    /// <summary>An answer that is read by hand; only its headers have come.</summary>
    public static async Task<HttpResponseMessage> BeginAsync(Client client, HttpClient http, string path, params (string Name, string Value)[] headers)
    {
        using var request = RequestFor(client, path, headers);
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    private static HttpRequestMessage RequestFor(Client client, string path, (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
        if (client.AccessToken is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {client.AccessToken}");
        }
        return request;
    }
}
