using Npgsql;

namespace Quehacer.Core.Postgres;

/// <summary>Short reads of many requests in one packet.</summary>
internal sealed class SharedReads(NpgsqlDataSource source, int lanes, TimeSpan patience) : Lanes<SharedReads.Read>(lanes, most: 16, beside: 4, patience)
{
    /// <summary>Reads by one statement that is quick and has few rows: those who travel with it wait for it.</summary>
    /// <param name="say">Adds the parameters and says the statement.</param>
    /// <param name="take">Takes what came, all of it, and waits for nothing but the reader.</param>
    public Task<T> ReadAsync<T>(Func<NpgsqlParameterCollection, string> say, Func<NpgsqlDataReader, ValueTask<T>> take)
    {
        var read = new Read<T>(say, take);
        Send(read);
        return read.Task;
    }

    protected override async Task TravelAsync(List<Read> together)
    {
        var done = 0;
        try
        {
            await using var batch = source.CreateBatch();
            foreach (var read in together)
            {
                batch.BatchCommands.Add(read.Command);
            }
            await using var reader = await batch.ExecuteReaderAsync();
            while (done < together.Count)
            {
                await together[done].TakeAsync(reader);
                // From here on it is the next one that can fail.
                done++;
                await reader.NextResultAsync();
            }
        }
        catch (PostgresException exception) when (together.Count > 1 && !Database.IsOfTheServer(exception))
        {
            // Whoever it was, they fail alone.
            await Task.WhenAll(together[done..].Select(TravelAloneAsync));
        }
    }

    private async Task TravelAloneAsync(Read read)
    {
        try
        {
            read.BeginAnew();
            await TravelAsync([read]);
        }
        catch (Exception exception)
        {
            read.Fail(exception);
        }
    }

    internal abstract class Read : Passenger
    {
        private readonly Func<NpgsqlParameterCollection, string> say;

        protected Read(Func<NpgsqlParameterCollection, string> say)
        {
            this.say = say;
            BeginAnew();
        }

        public NpgsqlBatchCommand Command { get; private set; } = null!;

        /// <summary>A command that has been sent remembers where it was prepared, and is no good on another connection.</summary>
        public void BeginAnew()
        {
            Command = new NpgsqlBatchCommand();
            Command.CommandText = say(Command.Parameters);
        }

        public abstract ValueTask TakeAsync(NpgsqlDataReader reader);
    }

    private sealed class Read<T>(Func<NpgsqlParameterCollection, string> say, Func<NpgsqlDataReader, ValueTask<T>> take) : Read(say)
    {
        private readonly TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<T> Task => done.Task;

        public override async ValueTask TakeAsync(NpgsqlDataReader reader)
        {
            try
            {
                done.SetResult(await take(reader));
            }
            catch (Exception exception) when (exception is not NpgsqlException)
            {
                // It could not make sense of what came, which is nobody else's business.
                done.SetException(exception);
            }
        }

        public override void Fail(Exception exception) => done.TrySetException(exception);
    }
}
