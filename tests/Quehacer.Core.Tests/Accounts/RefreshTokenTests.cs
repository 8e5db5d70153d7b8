using FsCheck.Fluent;
using Quehacer.Core.Accounts;
using Xunit;

namespace Quehacer.Core.Tests.Accounts;

public sealed class RefreshTokenTests
{
    private readonly RefreshToken tokens = new(new SigningKey("a secret of at least thirty-two bytes"));

    [Fact]
    public void Session_and_generation_come_back_from_a_token() => Properties.ForAll(
        Properties.AnyGuid.Zip(Gen.Choose(0, int.MaxValue)),
        sample => tokens.TryRead(tokens.Issue(sample.Item1, sample.Item2), out var session, out var generation, out var authentic)
            && session == sample.Item1 && generation == sample.Item2 && authentic);

    [Fact]
    public void The_same_generation_has_the_same_token_and_another_one_another()
    {
        var session = Guid.NewGuid();

        Assert.Equal(tokens.Issue(session, 3), tokens.Issue(session, 3));
        Assert.NotEqual(tokens.Issue(session, 3), tokens.Issue(session, 4));
        Assert.NotEqual(tokens.Issue(session, 3), tokens.Issue(Guid.NewGuid(), 3));
    }

    [Fact]
    public void A_token_with_any_one_character_altered_is_not_authentic()
    {
        var token = tokens.Issue(Guid.NewGuid(), 1);
        for (var position = 0; position < token.Length; position++)
        {
            foreach (var character in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_= +/é")
            {
                if (character != token[position])
                {
                    var altered = string.Concat(token.AsSpan(0, position), [character], token.AsSpan(position + 1));
                    Assert.False(tokens.TryRead(altered, out _, out _, out var authentic) && authentic, $"Position {position} altered to '{character}' was accepted.");
                }
            }
        }
    }

    [Fact]
    public void A_token_with_white_space_or_padding_in_it_is_not_authentic()
    {
        var token = tokens.Issue(Guid.NewGuid(), 1);
        foreach (var altered in new[] { token + " ", token + "=", token + "\n", token.Insert(10, " "), token.Insert(10, "\n"), " " + token })
        {
            Assert.False(tokens.TryRead(altered, out _, out _, out var authentic) && authentic);
        }
    }

    [Fact]
    public void A_token_of_another_key_is_not_authentic()
    {
        var others = new RefreshToken(new SigningKey("another secret of at least 32 bytes"));

        Assert.True(tokens.TryRead(others.Issue(Guid.NewGuid(), 1), out _, out _, out var authentic));
        Assert.False(authentic);
    }

    [Theory]
    [InlineData("")]
    [InlineData("qr_")]
    [InlineData("qr_AAAA")]
    [InlineData("eyJhbGciOiJIUzI1NiJ9.e30.x")]
    public void What_is_no_refresh_token_is_not_read(string text) => Assert.False(tokens.TryRead(text, out _, out _, out _));

    [Fact]
    public void Any_text_can_be_offered() =>
        Properties.ForAll(Properties.AnyText, text => !tokens.TryRead("qr_" + text, out _, out _, out var authentic) || !authentic);

    [Fact]
    public void What_is_kept_of_a_token_tells_tokens_apart()
    {
        var session = Guid.NewGuid();

        Assert.Equal(32, RefreshToken.Hash(tokens.Issue(session, 1)).Length);
        Assert.NotEqual(RefreshToken.Hash(tokens.Issue(session, 1)), RefreshToken.Hash(tokens.Issue(session, 2)));
    }
}

public sealed class SigningKeyTests
{
    [Theory]
    [InlineData("0123456789abcdef0123456789abcdef")]
    [InlineData("ñandúes y pingüinos, açaí!!!")]
    public void Thirty_two_bytes_are_enough(string secret) => Assert.NotNull(new SigningKey(secret));

    [Theory]
    [InlineData("")]
    [InlineData("0123456789abcdef0123456789abcde")]
    public void Fewer_are_not(string secret) => Assert.Throws<ArgumentException>(() => new SigningKey(secret));

    [Fact]
    public void The_key_of_a_data_directory_is_made_once_for_its_owner_alone()
    {
        var directory = Directory.CreateTempSubdirectory("quehacer-tests-");
        try
        {
            var file = Path.Combine(directory.FullName, "signing-key");
            var made = SigningKey.ReadOrMake(file);

            Assert.StartsWith(SigningKey.DevelopmentPrefix, made);
            Assert.Equal(made, SigningKey.ReadOrMake(file));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            Assert.NotNull(new SigningKey(made));
            Assert.NotEqual(made, SigningKey.ReadOrMake(file + "-of-another-installation"));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
