using FsCheck.Fluent;
using Quehacer.Core.Postgres;
using Quehacer.Core.Tasks;
using Xunit;

namespace Quehacer.Core.Tests.Stores;

public sealed class TaskWordsTests(PostgresFixture postgres)
{
    /// <summary>Where words of a <c>tsquery</c> or <c>tsvector</c> end, or begin to mean something else.</summary>
    private static readonly string[] Hard =
    [
        "'", "''", "\\", "\\\\", "\\'", "'\\", "a:*", ":A", "a:1A", "& | !", "(", ")", "<->", "<2>", "*", ":", " ", "\t\n", "a b", "%", "_", "?", "\"", "$1", "{0}", "--", "😀", "\uE000", "\u0001", "1", "#",
        "é", "E'x'", "\\000", "\\x41",
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_quoted_word_is_the_word_whatever_characters_it_has()
    {
        await using var house = await House.BuildAsync(postgres);
        var words = Properties.StorableText.Sample(3_000, 60).Concat(Hard).Where(word => word.Length is > 0 and <= 400).Distinct().ToArray();
        Assert.True(words.Length > 1_000, $"{words.Length} words are too few.");
        await using var command = house.Database.Command("""
            SELECT w.word, tsvector_to_array(w.quoted::tsvector) = ARRAY[w.word], array_to_tsvector(ARRAY[w.word, 'x' || w.word]) @@ w.quoted::tsquery,
                   NOT array_to_tsvector(ARRAY['x' || w.word, w.word || 'x']) @@ w.quoted::tsquery, array_to_tsvector(ARRAY[w.word || 'x']) @@ (w.quoted || ':*')::tsquery,
                   NOT array_to_tsvector(ARRAY['x' || w.word]) @@ ('(' || w.quoted || ':*)&(' || w.quoted || ')')::tsquery
              FROM unnest($1, $2) w(word, quoted)
            """);
        command.Parameters.With(words).With(words.Select(TaskWords.Quote).ToArray());
        await using var reader = await command.ExecuteReaderAsync(Cancellation);
        var seen = 0;
        while (await reader.ReadAsync(Cancellation))
        {
            for (var column = 1; column <= 5; column++)
            {
                // A word of x alone is found behind another x.
                if (reader.GetString(0).Trim('x').Length > 0)
                {
                    Assert.True(reader.GetBoolean(column), $"The word {reader.GetString(0)} quoted as {TaskWords.Quote(reader.GetString(0))}: check {column}.");
                }
            }
            seen++;
        }
        Assert.Equal(words.Length, seen);
    }

    [Fact]
    public async Task A_task_of_any_text_is_stored_and_found_by_it_and_by_nobody_else()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var (bob, _) = await house.MoveInAsync("bob@example.com");
        var titles = Properties.StorableText.Sample(40, 60).Concat(Hard).Append(string.Concat(Enumerable.Repeat("😀", 200))).Append(new string('ñ', 200))
            .Select(Text.NormaliseName).Where(title => Text.Characters(title) is > 0 and <= 200).Distinct().ToList();
        var searched = 0;
        foreach (var title in titles)
        {
            var task = await house.CreateAsync(ana, new TaskEdit { Title = title, Description = title, Tags = Text.Characters(title) <= 50 ? new[] { title } : Array.Empty<string>() });
            var words = Search.Parse(title);
            if (words.Count > 0)
            {
                var filter = new TaskFilter { Words = words };
                Assert.Contains(House.Ok(await house.ListAsync(ana, filter, limit: 100)).Tasks, view => view.Task.Id == task.Id);
                Assert.Empty(House.Ok(await house.ListAsync(bob, filter)).Tasks);
                searched++;
            }
            if (Text.Characters(title) <= 50)
            {
                Assert.Contains(House.Ok(await house.ListAsync(ana, new TaskFilter { Tags = [title] }, limit: 100)).Tasks, view => view.Task.Id == task.Id);
                Assert.Empty(House.Ok(await house.ListAsync(bob, new TaskFilter { Tags = [title] })).Tasks);
            }
        }
        Assert.True(searched > 50, $"{searched} searches are too few.");
    }

    [Fact]
    public async Task The_longest_description_of_the_most_different_words_is_stored_and_found()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        string[] descriptions =
        [
            string.Concat(Enumerable.Range(0x20000, Limits.DescriptionCharacters).Select(char.ConvertFromUtf32)),
            string.Concat(Enumerable.Range(0x1F000, Limits.DescriptionCharacters).Select(symbol => char.ConvertFromUtf32(symbol < 0x1F400 ? symbol : symbol + 0xE0000))),
            string.Join(' ', Enumerable.Range(10_000, 1_400).Select(number => (char)('α' + number % 20) + number.ToString())),
            string.Concat(Enumerable.Repeat('\uFDFA', Limits.DescriptionCharacters)),
        ];
        foreach (var description in descriptions)
        {
            var task = await house.CreateAsync(ana, new TaskEdit { Title = "long", Description = description });
            var end = string.Concat(description.EnumerateRunes().TakeLast(6));
            Assert.Contains(House.Ok(await house.ListAsync(ana, new TaskFilter { Words = Search.Parse(end) })).Tasks, view => view.Task.Id == task.Id);
        }
    }
}
