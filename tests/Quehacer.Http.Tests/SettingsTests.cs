using Microsoft.Extensions.Configuration;
using Quehacer.Server;
using Xunit;

namespace Quehacer.Http.Tests;

public sealed class SettingsTests
{
    private static readonly RenamedSetting[] Renamed = [new("Server__Url", "Server__PublicUrl"), new("Sessions__Days", "Auth__SessionDays"), new("Idempotency__Demanded", "Idempotency__Required")];

    private static Settings Read(params (string Key, string Value)[] values) => Settings.Read(
        new ConfigurationBuilder().AddInMemoryCollection(values.Select(value => KeyValuePair.Create(value.Key.Replace("__", ":"), (string?)value.Value))).Build(), "Development", Renamed);

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
}
