using Npgsql;
using Quehacer.Core.Postgres;

namespace Quehacer.Core.Jobs;

/// <param name="Name">Stored; it names the row that servers take turns with.</param>
/// <param name="Every">How long after one run the next is due.</param>
/// <param name="RunAsync">Does a bounded piece of work and gives how much it did; it is called again until that is nothing.</param>
public sealed record Job(string Name, TimeSpan Every, Func<CancellationToken, Task<int>> RunAsync);

/// <summary>
/// Work that any of the servers may do, but only one at a time: a server takes a job that is due and that nobody holds
/// (<c>FOR UPDATE SKIP LOCKED</c>) by writing a lease on it. A server that dies with a lease is replaced when the lease runs out.
/// </summary>
public sealed class JobRunner(Database database, IReadOnlyList<Job> jobs, TimeProvider time, Action<string, int, Exception?> report)
{
    /// <summary>Longer than a bounded piece of work ever takes; renewed after each.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(2);

    /// <summary>Runs what is due, until cancelled.</summary>
    /// <param name="poll">How often to look.</param>
    public async Task RunAsync(TimeSpan poll, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(poll, time);
        try
        {
            do
            {
                await RunDueAsync(cancellation);
            }
            while (await timer.WaitForNextTickAsync(cancellation));
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The server is stopping.
        }
    }

    /// <summary>Runs every job that is due and free, once.</summary>
    public async Task RunDueAsync(CancellationToken cancellation)
    {
        foreach (var job in jobs)
        {
            var done = 0;
            try
            {
                if (!await TakeAsync(job, cancellation))
                {
                    continue;
                }
                int more;
                do
                {
                    more = await job.RunAsync(cancellation);
                    done += more;
                }
                while (more > 0 && await RenewAsync(job, cancellation));
                await FinishAsync(job, cancellation);
                report(job.Name, done, null);
            }
            catch (Exception exception) when (exception is not OperationCanceledException || !cancellation.IsCancellationRequested)
            {
                // The lease runs out, and the job is tried again by whoever comes first.
                report(job.Name, done, exception);
            }
        }
    }

    private async Task<bool> TakeAsync(Job job, CancellationToken cancellation)
    {
        var now = time.NowUtc();
        await using var register = database.Command("INSERT INTO jobs (job, due_at) VALUES ($1, $2) ON CONFLICT (job) DO NOTHING");
        register.Parameters.With(job.Name).With(now);
        await register.ExecuteNonQueryAsync(cancellation);
        await using var take = database.Command("""
            UPDATE jobs SET leased_until = $3
             WHERE job = (SELECT job FROM jobs WHERE job = $1 AND due_at <= $2 AND (leased_until IS NULL OR leased_until <= $2) FOR UPDATE SKIP LOCKED)
            """);
        take.Parameters.With(job.Name).With(now).With(now + Lease);
        return await take.ExecuteNonQueryAsync(cancellation) == 1;
    }

    private Task<bool> RenewAsync(Job job, CancellationToken cancellation) =>
        UpdateAsync("UPDATE jobs SET leased_until = $2 WHERE job = $1", job, time.NowUtc() + Lease, cancellation);

    private Task<bool> FinishAsync(Job job, CancellationToken cancellation) =>
        UpdateAsync("UPDATE jobs SET due_at = $2, leased_until = NULL WHERE job = $1", job, time.NowUtc() + job.Every, cancellation);

    private async Task<bool> UpdateAsync(string sql, Job job, DateTime value, CancellationToken cancellation)
    {
        await using var command = database.Command(sql);
        command.Parameters.With(job.Name).With(value);
        return await command.ExecuteNonQueryAsync(cancellation) == 1;
    }
}
