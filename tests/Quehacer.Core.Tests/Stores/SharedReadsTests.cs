using Npgsql;
using Quehacer.Core.Postgres;
using Xunit;

namespace Quehacer.Core.Tests.Stores;

/// <summary>Reads that travel together, each of which is to come out as if it had travelled alone.</summary>
public sealed class SharedReadsTests(PostgresFixture postgres)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly AsyncLocal<int> Carried = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static Task<(int Answer, string Packet)> AskAsync(SharedReads reads, string sql, int value) => reads.ReadAsync(
        parameters =>
        {
            parameters.With(value);
            return $"SELECT {sql}, pg_backend_pid() || '@' || now()::text";
        },
        async reader =>
        {
            Assert.True(await reader.ReadAsync());
            var found = (reader.GetInt32(0), reader.GetString(1));
            Assert.False(await reader.ReadAsync());
            return found;
        });

    [Fact]
    public async Task Many_at_once_get_what_each_of_them_asked_for_in_fewer_packets()
    {
        await using var source = NpgsqlDataSource.Create(await postgres.EmptyDatabaseAsync());
        var reads = new SharedReads(source, lanes: 2, Patience);
        for (var round = 0; round < 5; round++)
        {
            var found = await House.AtOnceAsync(200, index => AskAsync(reads, "$1 * 2", index));
            Assert.Equal(Enumerable.Range(0, 200).Select(index => index * 2), found.Select(one => one.Answer));
            // One packet is one transaction of one connection.
            Assert.InRange(found.Select(one => one.Packet).Distinct().Count(), 200 / 16, 100);
        }
    }

    [Fact]
    public async Task Whoever_fails_fails_alone_whether_the_statement_fails_or_what_reads_its_answer()
    {
        await using var source = NpgsqlDataSource.Create($"{await postgres.EmptyDatabaseAsync()};Max Auto Prepare=10;Auto Prepare Min Usages=1");
        var reads = new SharedReads(source, lanes: 1, Patience);
        for (var round = 0; round < 5; round++)
        {
            var outcomes = await House.AtOnceAsync(60, async index =>
            {
                try
                {
                    return index % 10 == 3
                        ? await reads.ReadAsync<int>(parameters => $"SELECT {parameters.With(index)[0].Value}", _ => throw new InvalidOperationException("It makes no sense."))
                        : (await AskAsync(reads, index % 10 == 7 ? "7 / ($1 - $1)" : "$1", index)).Answer;
                }
                catch (InvalidOperationException)
                {
                    return -3;
                }
                catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.DivisionByZero)
                {
                    return -7;
                }
            });
            Assert.Equal(Enumerable.Range(0, 60).Select(index => index % 10 is 3 or 7 ? -(index % 10) : index), outcomes);
        }
    }

    [Fact]
    public async Task Nobody_waits_for_ever_for_a_database_that_does_not_answer()
    {
        await using var source = NpgsqlDataSource.Create(await postgres.EmptyDatabaseAsync());
        var reads = new SharedReads(source, lanes: 1, TimeSpan.FromMilliseconds(300));
        var held = AskAsync(reads, "CASE WHEN pg_sleep(5) IS NOT NULL THEN $1 END", 1);
        var waiting = Enumerable.Range(0, 50).Select(index => AskAsync(reads, "$1", index)).ToList();
        foreach (var one in waiting)
        {
            Assert.True(Database.IsUnavailable(await Assert.ThrowsAsync<TimeoutException>(() => one)));
        }
        Assert.False(held.IsCompleted);
        Assert.Equal(1, (await held).Answer);
        // And it goes on.
        Assert.Equal(8, (await AskAsync(reads, "$1", 8)).Answer);
    }

    [Fact]
    public async Task A_database_that_has_gone_is_said_to_be_unavailable_to_all_and_is_found_again()
    {
        await using var source = NpgsqlDataSource.Create(await postgres.EmptyDatabaseAsync());
        var reads = new SharedReads(source, lanes: 1, Patience);
        var ended = await House.AtOnceAsync(20, async index =>
        {
            try
            {
                // Whoever is first ends the connection on which they all are.
                await AskAsync(reads, "CASE WHEN pg_terminate_backend(pg_backend_pid()) THEN $1 END", index);
                return null;
            }
            catch (NpgsqlException exception)
            {
                return exception;
            }
        });
        Assert.All(ended, exception => Assert.True(Database.IsUnavailable(exception!)));
        Assert.Equal(3, (await AskAsync(reads, "$1", 3)).Answer);
    }

    [Fact]
    public async Task What_a_request_carries_is_not_seen_by_others()
    {
        await using var source = NpgsqlDataSource.Create(await postgres.EmptyDatabaseAsync());
        var reads = new SharedReads(source, lanes: 1, Patience);
        var seen = await House.AtOnceAsync(100, index =>
        {
            Carried.Value = index + 1;
            return reads.ReadAsync(_ => "SELECT 1", async reader =>
            {
                Assert.True(await reader.ReadAsync(Cancellation));
                return Carried.Value;
            });
        });
        Assert.All(seen.Skip(1), carried => Assert.Equal(0, carried));
    }
}
