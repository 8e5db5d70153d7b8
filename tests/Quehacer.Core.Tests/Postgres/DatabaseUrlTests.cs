using Npgsql;
using Quehacer.Core.Postgres;
using Xunit;

namespace Quehacer.Core.Tests.Postgres;

public sealed class DatabaseUrlTests
{
    [Fact]
    public void A_full_url_is_read()
    {
        var read = Read("postgres://ana:secret@db.example.com:6432/tasks?sslmode=require");

        Assert.Equal("db.example.com", read.Host);
        Assert.Equal(6432, read.Port);
        Assert.Equal("ana", read.Username);
        Assert.Equal("secret", read.Password);
        Assert.Equal("tasks", read.Database);
        Assert.Equal(SslMode.Require, read.SslMode);
    }

    [Fact]
    public void The_other_scheme_means_the_same_and_the_port_has_a_default()
    {
        var read = Read("postgresql://ana@localhost/tasks");

        Assert.Equal("localhost", read.Host);
        Assert.Equal(5432, read.Port);
        Assert.Null(read.Password);
    }

    [Fact]
    public void Percent_signs_are_decoded_and_a_password_may_hold_anything()
    {
        var read = Read("postgres://a%40b:p%40ss%3Aw%2Ford%3B%27x%20y%25@localhost/my%2Ddb");

        Assert.Equal("a@b", read.Username);
        Assert.Equal("p@ss:w/ord;'x y%", read.Password);
        Assert.Equal("my-db", read.Database);
    }

    [Fact]
    public void A_password_may_hold_a_colon_as_it_is() => Assert.Equal("a:b", Read("postgres://ana:a:b@localhost/tasks").Password);

    [Theory]
    [InlineData("disable", SslMode.Disable)]
    [InlineData("prefer", SslMode.Prefer)]
    [InlineData("require", SslMode.Require)]
    [InlineData("verify-ca", SslMode.VerifyCA)]
    [InlineData("verify-full", SslMode.VerifyFull)]
    public void The_modes_of_tls_are_those_of_libpq(string mode, SslMode expected) =>
        Assert.Equal(expected, Read($"postgres://ana@localhost/tasks?sslmode={mode}").SslMode);

    [Fact]
    public void A_root_certificate_can_be_named() =>
        Assert.Equal("/etc/ca.pem", Read("postgres://ana@localhost/tasks?sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem").RootCertificate);

    [Fact]
    public void A_unix_socket_is_named_by_the_parameter_host() => Assert.Equal("/var/run/PostgreSQL", Read("postgres://ana@/tasks?host=/var/run/PostgreSQL").Host);

    [Fact]
    public void A_unix_socket_needs_nothing_before_the_path() => Assert.Equal("/run/pg", Read("postgres:///tasks?host=%2Frun%2Fpg").Host);

    [Fact]
    public void What_hosters_append_is_put_up_with() => Assert.Equal("localhost", Read("postgres://ana@localhost/tasks?connect_timeout=10&application_name=x&channel_binding=require").Host);

    [Theory]
    [InlineData("")]
    [InlineData("localhost")]
    [InlineData("Host=localhost;Username=ana;Password=secret")]
    [InlineData("mysql://ana:secret@localhost/tasks")]
    [InlineData("postgres://ana:secret@localhost:port/tasks")]
    [InlineData("postgres://ana:secret@localhost:99999/tasks")]
    [InlineData("postgres:///tasks")]
    [InlineData("postgres://ana:secret@localhost/tasks?sslmode=perhaps")]
    [InlineData("postgres://ana:secret@localhost/tasks?sslmode=99")]
    [InlineData("postgres://ana:secret@localhost/tasks?sslmode=disable,require")]
    [InlineData("postgres://ana:secret@localhost/tasks?nonsense=1")]
    public void Anything_else_is_refused_with_a_sentence_that_keeps_the_password(string url)
    {
        Assert.False(DatabaseUrl.TryParse(url, out var connectionString, out var fault));
        Assert.Null(connectionString);
        Assert.EndsWith(".", fault);
        Assert.DoesNotContain("secret", fault);
    }

    private static NpgsqlConnectionStringBuilder Read(string url)
    {
        Assert.True(DatabaseUrl.TryParse(url, out var connectionString, out var fault), fault);
        return new NpgsqlConnectionStringBuilder(connectionString);
    }
}
