using Quehacer.Core.Accounts;
using Xunit;

namespace Quehacer.Core.Tests.Accounts;

public sealed class PasswordsTests
{
    [Theory]
    [InlineData("")]
    [InlineData("short")]
    [InlineData("seven77")]
    [InlineData("👍👍👍👍👍👍👍")]
    public void Seven_characters_are_too_few(string password) =>
        Assert.Equal(new FieldError(Field.Password, FieldFault.TooShort, 8), Passwords.Check(password));

    [Theory]
    [InlineData("zq8-Km2x")]
    [InlineData("👍👎👍👎👍👎👍👎")]
    [InlineData("        ")]
    [InlineData("correct horse battery staple")]
    [InlineData("contraseña muy secreta")]
    public void Eight_characters_of_any_kind_will_do(string password) => Assert.Null(Passwords.Check(password));

    [Fact]
    public void A_hundred_and_twenty_eight_characters_will_do_and_one_more_will_not()
    {
        Assert.Null(Passwords.Check(new string('x', 127) + "y"));
        Assert.Null(Passwords.Check(string.Concat(Enumerable.Repeat("👍", 128))));
        Assert.Equal(new FieldError(Field.Password, FieldFault.TooLong, 128), Passwords.Check(new string('x', 128) + "y"));
        Assert.Equal(new FieldError(Field.Password, FieldFault.TooLong, 128), Passwords.Check(string.Concat(Enumerable.Repeat("👍", 129))));
    }

    [Fact]
    public void Nul_and_unpaired_surrogates_are_refused()
    {
        Assert.Equal(FieldFault.NotText, Passwords.Check("good enough\0")?.Fault);
        Assert.Equal(FieldFault.NotText, Passwords.Check("good \ud83d enough")?.Fault);
    }

    [Theory]
    [InlineData("password")]
    [InlineData("password1")]
    [InlineData("12345678")]
    [InlineData("123456789")]
    [InlineData("iloveyou1")]
    [InlineData("qwertyuiop")]
    [InlineData("sunshine")]
    [InlineData("PassWord")]
    [InlineData("SUNSHINE")]
    public void What_everybody_tries_first_is_too_common(string password) => Assert.Equal(FieldFault.TooCommon, Passwords.Check(password)?.Fault);

    [Fact]
    public async Task A_password_is_verified_however_it_is_composed()
    {
        var passwords = new Passwords(new PasswordHashing(password => "plain:" + password, (hash, password) => hash == "plain:" + password), parallel: 1);
        var hash = await passwords.HashAsync("contrasen\u0303a", TestContext.Current.CancellationToken);

        Assert.True(await passwords.VerifyAsync(hash, "contraseña", TestContext.Current.CancellationToken));
        Assert.False(await passwords.VerifyAsync(hash, "contrasena", TestContext.Current.CancellationToken));
        Assert.False(await passwords.VerifyAsync(hash, "Contraseña", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Without_an_account_a_password_is_verified_as_well_and_the_answer_is_no()
    {
        var verified = 0;
        var passwords = new Passwords(new PasswordHashing(password => password, (_, _) =>
        {
            verified++;
            return true;
        }), parallel: 1);

        Assert.False(await passwords.VerifyAsync(null, "nobody's password", TestContext.Current.CancellationToken));
        Assert.Equal(1, verified);
    }

    [Fact]
    public async Task No_more_is_hashed_at_a_time_than_was_said()
    {
        int running = 0, most = 0;
        var passwords = new Passwords(new PasswordHashing(
            password =>
            {
                var now = Interlocked.Increment(ref running);
                InterlockedMax(ref most, now);
                Thread.Sleep(5);
                Interlocked.Decrement(ref running);
                return password;
            },
            (_, _) => false), parallel: 2);

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => passwords.HashAsync("x", TestContext.Current.CancellationToken)));
        Assert.InRange(most, 1, 2);
    }

    [Fact]
    public async Task What_finds_too_many_waiting_is_refused_at_once_and_not_looked_at()
    {
        using var gate = new ManualResetEventSlim();
        var lookedAt = 0;
        var passwords = new Passwords(new PasswordHashing(_ => "", (_, _) =>
        {
            Interlocked.Increment(ref lookedAt);
            gate.WaitHandle.WaitOne(TimeSpan.FromSeconds(30));
            return true;
        }), parallel: 1);

        var taken = Enumerable.Range(0, 1 + Limits.PasswordsWaiting).Select(_ => passwords.VerifyAsync("hash", "x", TestContext.Current.CancellationToken)).ToList();
        Assert.Null(await passwords.VerifyAsync("hash", "x", TestContext.Current.CancellationToken));
        Assert.Null(await passwords.HashAsync("x", TestContext.Current.CancellationToken));
        gate.Set();
        Assert.All(await Task.WhenAll(taken), Assert.True);
        Assert.Equal(taken.Count, lookedAt);
        Assert.True(await passwords.VerifyAsync("hash", "x", TestContext.Current.CancellationToken));
    }

    private static void InterlockedMax(ref int target, int value)
    {
        int seen;
        while (value > (seen = Volatile.Read(ref target)) && Interlocked.CompareExchange(ref target, value, seen) != seen)
        {
        }
    }
}
