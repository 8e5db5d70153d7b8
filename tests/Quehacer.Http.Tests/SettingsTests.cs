using Microsoft.Extensions.Configuration;
using Quehacer.Server;
using Xunit;

namespace Quehacer.Http.Tests;

public sealed class SettingsTests
{
    private static readonly RenamedSetting[] Renamed = [new("Server__Url", "Server__PublicUrl"), new("Sessions__Days", "Auth__SessionDays"), new("Idempotency__Demanded", "Idempotency__Required")];

    private static Settings Read(params (string Key, string Value)[] values) => ReadIn("Development", values);

    private static Settings ReadIn(string environment, params (string Key, string Value)[] values) => Settings.Read(
        new ConfigurationBuilder().AddInMemoryCollection(values.Select(value => KeyValuePair.Create(value.Key.Replace("__", ":"), (string?)value.Value))).Build(), environment, Renamed);

    [Fact]
    public void A_setting_works_under_its_old_name_and_the_notice_says_the_new_one()
    {
        var settings = Read(("Server__Url", "https://tasks.example.com"), ("Sessions__Days", "7"), ("Idempotency__Demanded", "true"));
        Assert.Equal((new Uri("https://tasks.example.com"), 7, true), (settings.PublicUrl, settings.SessionDays, settings.IdempotencyKeyRequired));
        Assert.Equal(3, settings.Notices.Count);
        Assert.Contains("Sessions__Days is called Auth__SessionDays now. The old name works for now: rename it.", settings.Notices);
        Assert.Empty(Read(("Auth__SessionDays", "7")).Notices);
    }

    [Fact]
    public void The_new_name_counts_where_both_are_set()
    {
        var settings = Read(("Sessions__Days", "7"), ("Auth__SessionDays", "8"));
        Assert.Equal(8, settings.SessionDays);
        Assert.Equal(["Sessions__Days is called Auth__SessionDays now, which is set as well and counts. Remove Sessions__Days."], settings.Notices);
    }

    [Fact]
    public void A_wrong_value_is_told_under_the_name_that_was_used() =>
        Assert.Contains("Sessions__Days is 'many'.", Assert.Throws<SettingsRefused>(() => Read(("Sessions__Days", "many"))).Message);

    [Theory]
    [InlineData("Cors__Origins", "https://app.example.com/")]
    [InlineData("Cors__Origins", "https://app.example.com/path")]
    [InlineData("Cors__Origins", "https://app.example.com?x")]
    [InlineData("Cors__Origins", "https://me@app.example.com")]
    [InlineData("Cors__Origins", "https://*.example.com")]
    [InlineData("Cors__Origins", "app.example.com")]
    [InlineData("Cors__Origins", "null")]
    [InlineData("Cors__Origins", "file:///index.html")]
    [InlineData("Cors__Origins", "https://")]
    [InlineData("Cors__Origins", "https:app.example.com")]
    [InlineData("Cors__Methods", "GET POST")]
    [InlineData("Cors__Headers", "X-A: b")]
    [InlineData("Cors__ExposedHeaders", "a/b")]
    [InlineData("Cors__MaxAgeSeconds", "86401")]
    [InlineData("Server__TrustedProxies", "proxy.example.com")]
    [InlineData("Server__TrustedProxies", "10.0.0.0/33")]
    [InlineData("Server__TrustedProxies", "10")]
    [InlineData("Server__TrustedProxies", "0.0.0.0/0")]
    [InlineData("Server__TrustedProxies", "::/0")]
    [InlineData("Tls__HstsSeconds", "-1")]
    public void What_is_no_origin_token_or_network_is_refused_with_the_name_of_its_setting(string key, string value) =>
        Assert.Contains(key, Assert.Throws<SettingsRefused>(() => Read((key, value))).Message);

    [Fact]
    public void Everybodys_pages_are_allowed_only_alone_and_without_credentials()
    {
        Assert.Contains("Cors__Credentials=false", Assert.Throws<SettingsRefused>(() => Read(("Cors__Origins", "*"))).Message);
        Assert.Contains("alone", Assert.Throws<SettingsRefused>(() => Read(("Cors__Origins", "*, https://app.example.com"), ("Cors__Credentials", "false"))).Message);
        Assert.Equal(["*"], Read(("Cors__Origins", "*"), ("Cors__Credentials", "false")).CorsOrigins);
    }

    [Fact]
    public void Origins_and_networks_are_read_as_they_are_compared()
    {
        var settings = Read(("Cors__Origins", "HTTPS://App.Example.com:443, http://localhost:5173,http://[::1]:3000, https://ñandú.example, capacitor://localhost"), ("Server__TrustedProxies", "127.0.0.1,::1, 10.1.2.3/8 ,2001:db8::/32"));
        Assert.Equal(["https://app.example.com", "http://localhost:5173", "http://[::1]:3000", "https://xn--and-6ma2c.example", "capacitor://localhost"], settings.CorsOrigins);
        Assert.Equal(["127.0.0.1/32", "::1/128", "10.0.0.0/8", "2001:db8::/32"], settings.TrustedProxies.Select(network => network.ToString()));
    }

    [Theory]
    [InlineData("Mail__SmtpTls", "Mail__SmtpHost=smtp.example.com", "Mail__From=tasks@example.com", "Mail__SmtpTls=yes")]
    [InlineData("Mail__SmtpHost", "Mail__SmtpHost=smtp.example.com:587", "Mail__From=tasks@example.com")]
    [InlineData("Mail__SmtpHost", "Mail__SmtpHost=smtp://smtp.example.com", "Mail__From=tasks@example.com")]
    [InlineData("Mail__SmtpPort is 465", "Mail__SmtpHost=smtp.example.com", "Mail__From=tasks@example.com", "Mail__SmtpPort=465")]
    [InlineData("Mail__SmtpPassword belong together", "Mail__SmtpHost=smtp.example.com", "Mail__From=tasks@example.com", "Mail__SmtpUser=me")]
    [InlineData("Mail__SmtpHost", "Mail__SmtpUser=me", "Mail__SmtpPassword=secret")]
    [InlineData("Mail__SmtpTls is none", "Mail__SmtpHost=localhost", "Mail__From=tasks@example.com", "Mail__SmtpUser=me", "Mail__SmtpPassword=secret", "Mail__SmtpTls=none")]
    [InlineData("Mail__From", "Mail__SmtpHost=smtp.example.com")]
    [InlineData("Mail__From is 'Tasks <tasks@example.com>'", "Mail__From=Tasks <tasks@example.com>")]
    [InlineData("Mail__From is 'a@example.com,b@example.com'", "Mail__From=a@example.com,b@example.com")]
    [InlineData("Mail__FromName", "Mail__FromName=Tasks\r\nBcc: eve@example.com")]
    public void Settings_of_mail_that_do_not_fit_together_are_refused_and_no_password_is_repeated(string expected, params string[] set)
    {
        var sentence = Assert.Throws<SettingsRefused>(() => Read([.. set.Select(one => (one.Split('=', 2)[0], one.Split('=', 2)[1]))])).Message;
        Assert.Contains(expected, sentence);
        Assert.DoesNotContain("secret", sentence);
    }

    [Fact]
    public void Without_a_mail_server_letters_go_to_files_and_with_one_they_go_there_by_TLS()
    {
        Assert.Null(Read().MailServer);
        Assert.Equal("\"Quehacer\" <quehacer@localhost>", Read().MailFrom.ToString());
        var settings = Read(("Mail__SmtpHost", "smtp.example.com"), ("Mail__SmtpUser", "me"), ("Mail__SmtpPassword", "secret"), ("Mail__From", "tasks@example.com"), ("Mail__FromName", "Tareas de la peña"));
        Assert.Equal(new Quehacer.Server.Mail.SmtpServer("smtp.example.com", 587, UsesTls: true, "me", "secret"), settings.MailServer);
        Assert.Equal(("tasks@example.com", "Tareas de la peña"), (settings.MailFrom.Address, settings.MailFrom.DisplayName));
    }

    [Fact]
    public void Passwords_are_hashed_as_often_as_they_should_be_save_where_somebody_develops()
    {
        Assert.Equal(Settings.UsualPasswordIterations, Read().PasswordIterations);
        Assert.Equal(1000, Read(("Auth__PasswordIterations", "1000")).PasswordIterations);
        foreach (var wrong in new[] { "999", "10000001", "0", "many" })
        {
            Assert.Contains("Auth__PasswordIterations", Assert.Throws<SettingsRefused>(() => Read(("Auth__PasswordIterations", wrong))).Message);
        }
        var key = ("Auth__SigningKey", new string('k', 48));
        foreach (var environment in new[] { "Staging", "Production" })
        {
            Assert.Contains("Auth__PasswordIterations is 219999.", Assert.Throws<SettingsRefused>(() => ReadIn(environment, key, ("Auth__PasswordIterations", "219999"))).Message);
            Assert.Equal(220_000, ReadIn(environment, key, ("Auth__PasswordIterations", "220000")).PasswordIterations);
        }
    }
}
