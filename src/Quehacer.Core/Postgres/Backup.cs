using System.Diagnostics;
using Npgsql;

namespace Quehacer.Core.Postgres;

/// <summary>
/// A database as one file and back, by PostgreSQL's own <c>pg_dump</c>, <c>pg_restore</c> and <c>psql</c>. A restore is one transaction:
/// whatever happens in the middle, the database is as it was or as the backup has it.
/// </summary>
/// <param name="connectionString">In Npgsql's form.</param>
/// <param name="binDirectory">Where the programs are.</param>
public sealed class Backup(string connectionString, string binDirectory)
{
    /// <summary>The tables of the schema in which ours are made; whose they are is for whoever says <c>--replace</c> to know.</summary>
    private const string Tables = "pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p')";

    private const string DropTables = $"""
        DO $$
        DECLARE names text := (SELECT string_agg(c.oid::regclass::text, ', ') FROM {Tables});
        BEGIN
          IF names IS NOT NULL THEN EXECUTE 'DROP TABLE ' || names || ' CASCADE'; END IF;
        END $$;
        """;

    /// <summary>Writes the database as it is now to a new file that only its owner may read, and gives its size in bytes. Servers may be at work.</summary>
    /// <exception cref="DatabaseRefused">The file is there already, or <c>pg_dump</c> failed.</exception>
    public async Task<long> WriteAsync(string file, CancellationToken cancellation)
    {
        if (File.Exists(file))
        {
            throw new DatabaseRefused($"There is a file {file} already. Choose another name, or remove it.");
        }
        if (Directory.Exists(file))
        {
            throw new DatabaseRefused($"{file} is a folder. Name a file in it.");
        }
        if (!Directory.Exists(Path.GetDirectoryName(file)))
        {
            throw new DatabaseRefused($"There is no folder {Path.GetDirectoryName(file)}. Make it, or choose another.");
        }
        if (!(await LookAsync(cancellation)).IsOurs)
        {
            throw new DatabaseRefused("There is nothing of Quehacer in the database. Check DATA_DIR or DATABASE_URL: this may not be the one you mean.");
        }
        // Made beside and moved into place: a backup that has its name is whole.
        var draft = file + ".new";
        await using (new FileStream(draft, new FileStreamOptions
        {
            Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            // pg_dump fills it and leaves the mode as it is.
        }
        using var dump = Start("pg_dump", ["--format=custom", "--no-owner", "--no-privileges", "--no-password", $"--file={draft}"]);
        var errors = await dump.StandardError.ReadToEndAsync(cancellation);
        await dump.WaitForExitAsync(cancellation);
        if (dump.ExitCode != 0)
        {
            File.Delete(draft);
            throw new DatabaseRefused($"The backup was not made. {errors.Trim()}");
        }
        File.Move(draft, file);
        return new FileInfo(file).Length;
    }

    /// <summary>Puts what the file holds into the database, under a new incarnation: entity tags and cursors of before are void.</summary>
    /// <param name="replace">Drop what is there; otherwise only an empty database is taken.</param>
    /// <exception cref="DatabaseRefused">The database is not empty, or a server uses it, or the file cannot be restored; the database is as it was.</exception>
    public async Task RestoreAsync(string file, bool replace, CancellationToken cancellation)
    {
        if (!File.Exists(file))
        {
            throw new DatabaseRefused($"There is no file {file}.");
        }
        var (hasTables, _, isServed) = await LookAsync(cancellation);
        if (isServed)
        {
            throw new DatabaseRefused("A Quehacer server uses the database. Stop all servers that use it, then restore.");
        }
        if (hasTables && !replace)
        {
            throw new DatabaseRefused("The database is not empty. Name another one, or restore with --replace, which drops all tables that are in it now.");
        }
        using var restore = Start("pg_restore", ["--no-owner", "--no-privileges", "--file=-", file]);
        using var psql = Start("psql", ["--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1", "--set=VERBOSITY=terse", "--output=/dev/null"]);
        var restoreErrors = restore.StandardError.ReadToEndAsync(cancellation);
        var psqlErrors = psql.StandardError.ReadToEndAsync(cancellation);
        restore.StandardInput.Close();
        try
        {
            await psql.StandardInput.WriteAsync($"BEGIN;\n{(replace ? DropTables : "")}\n".AsMemory(), cancellation);
            await psql.StandardInput.FlushAsync(cancellation);
            await restore.StandardOutput.BaseStream.CopyToAsync(psql.StandardInput.BaseStream, cancellation);
            await restore.WaitForExitAsync(cancellation);
            if (restore.ExitCode == 0)
            {
                // The dump has put the search path away. Where nothing follows, the end of the connection undoes all.
                await psql.StandardInput.WriteAsync(
                    $"\nRESET search_path;\nUPDATE installation SET incarnation = '{Guid.NewGuid()}';\nCOMMIT;\n".AsMemory(), cancellation);
            }
            psql.StandardInput.Close();
        }
        catch (IOException)
        {
            // psql has stopped at an error, which it has told.
            restore.StandardOutput.Close();
        }
        await psql.WaitForExitAsync(cancellation);
        await restore.WaitForExitAsync(cancellation);
        if (restore.ExitCode != 0 || psql.ExitCode != 0)
        {
            throw new DatabaseRefused($"Nothing was restored; the database is as it was. {(psql.ExitCode != 0 ? await psqlErrors : await restoreErrors).Trim()}");
        }
    }

    /// <summary>What is in the database: any table at all, ours, and a server at work on it.</summary>
    private async Task<(bool HasTables, bool IsOurs, bool IsServed)> LookAsync(CancellationToken cancellation)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, Enlist = false }.ConnectionString);
        await using var command = new NpgsqlCommand(
            $"""
            SELECT EXISTS (SELECT FROM {Tables}), to_regclass('installation') IS NOT NULL,
                   EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = '{Database.ApplicationName}')
            """,
            connection);
        try
        {
            await connection.OpenAsync(cancellation);
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            await reader.ReadAsync(cancellation);
            return (reader.GetBoolean(0), reader.GetBoolean(1), reader.GetBoolean(2));
        }
        catch (NpgsqlException exception)
        {
            throw new DatabaseRefused($"The database cannot be used: {exception.Message} Check DATABASE_URL and that the server runs.");
        }
    }

    /// <summary>The password is in the environment of the program, not among its arguments, which everybody on the machine can see.</summary>
    private Process Start(string program, string[] arguments)
    {
        var path = Path.Combine(binDirectory, program);
        if (!File.Exists(path))
        {
            throw new DatabaseRefused(
                $"There is no {program} in {binDirectory}. Install PostgreSQL's client programs (Debian: apt-get install postgresql-client), or set Database__BinDirectory to where they are.");
        }
        var start = new ProcessStartInfo(path, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var inherited in start.Environment.Keys.Where(name => name.StartsWith("PG", StringComparison.Ordinal) || name.StartsWith("LC_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(inherited);
        }
        var connection = new NpgsqlConnectionStringBuilder(connectionString);
        start.Environment["LC_ALL"] = "C.UTF-8";
        start.Environment["PGCLIENTENCODING"] = "UTF8";
        start.Environment["PGAPPNAME"] = "quehacer-backup";
        start.Environment["PGHOST"] = connection.Host;
        start.Environment["PGPORT"] = connection.Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        start.Environment["PGUSER"] = connection.Username ?? Environment.UserName;
        start.Environment["PGDATABASE"] = connection.Database ?? connection.Username ?? Environment.UserName;
        if (connection.Password is { } password)
        {
            start.Environment["PGPASSWORD"] = password;
        }
        start.Environment["PGSSLMODE"] = connection.SslMode switch
        {
            SslMode.Disable => "disable",
            SslMode.Allow => "allow",
            SslMode.Prefer => "prefer",
            SslMode.Require => "require",
            SslMode.VerifyCA => "verify-ca",
            SslMode.VerifyFull => "verify-full",
        };
        if (connection.RootCertificate is { } certificate)
        {
            start.Environment["PGSSLROOTCERT"] = certificate;
        }
        return Process.Start(start)!;
    }
}
