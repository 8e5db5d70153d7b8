using System.Text;
using FsCheck.Fluent;
using Quehacer.Core.Accounts;
using Xunit;

namespace Quehacer.Core.Tests.Accounts;

public sealed class TotpTests
{
    private static readonly byte[] RfcSecret = Encoding.ASCII.GetBytes("12345678901234567890");

    /// <summary>RFC 6238, appendix B.</summary>
    [Theory]
    [InlineData(59, "94287082")]
    [InlineData(1111111109, "07081804")]
    [InlineData(1111111111, "14050471")]
    [InlineData(1234567890, "89005924")]
    [InlineData(2000000000, "69279037")]
    [InlineData(20000000000, "65353130")]
    public void The_codes_are_those_of_the_standard(long seconds, string code)
    {
        var now = DateTime.UnixEpoch.AddSeconds(seconds);
        Assert.Equal(code, Totp.CodeOf(RfcSecret, Totp.StepOf(now), digits: 8));
        Assert.Equal(Totp.StepOf(now), Totp.Find(RfcSecret, code[2..], now));
    }

    [Fact]
    public void A_code_is_taken_a_step_early_or_late_and_not_two()
    {
        var now = DateTime.UnixEpoch.AddSeconds(1111111109);
        var step = Totp.StepOf(now);
        Assert.Equal(
            [null, step - 1, step, step + 1, null], new[] { -2, -1, 0, 1, 2 }.Select(off => Totp.Find(RfcSecret, Totp.CodeOf(RfcSecret, step + off), now)));
        foreach (var wrong in new[] { "", "0", Totp.CodeOf(RfcSecret, step)[..5], Totp.CodeOf(RfcSecret, step) + "0", "٠٨١٨٠٤", "\0\0\0\0\0\0", new string('0', 1_000_000) })
        {
            Assert.Null(Totp.Find(RfcSecret, wrong, now));
        }
    }

    /// <summary>RFC 4648 §10, without the padding.</summary>
    [Theory]
    [InlineData("", "")]
    [InlineData("f", "MY")]
    [InlineData("fo", "MZXQ")]
    [InlineData("foo", "MZXW6")]
    [InlineData("foob", "MZXW6YQ")]
    [InlineData("fooba", "MZXW6YTB")]
    [InlineData("foobar", "MZXW6YTBOI")]
    public void Base_32_is_that_of_the_standard(string text, string encoded)
    {
        Assert.Equal(encoded, Base32.Encode(Encoding.ASCII.GetBytes(text)));
        Assert.Equal(Encoding.ASCII.GetBytes(text), Base32.Decode(encoded));
        Assert.Equal(Encoding.ASCII.GetBytes(text), Base32.Decode(encoded.ToLowerInvariant()));
    }

    [Fact]
    public void Whatever_is_written_in_base_32_is_read_back() =>
        Properties.ForAll(Gen.Choose(0, 255).ArrayOf().Select(bytes => bytes.Select(value => (byte)value).ToArray()), bytes => Base32.Decode(Base32.Encode(bytes))!.SequenceEqual(bytes));

    [Fact]
    public void Whatever_can_be_read_as_base_32_is_what_its_bytes_are_written_as() =>
        Properties.ForAll(
            Gen.Elements("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567abcz018=ſ\0".ToCharArray()).ArrayOf().Select(letters => new string(letters)),
            text => Base32.Decode(text) is not { } bytes || Base32.Encode(bytes) == text.ToUpperInvariant());

    [Theory]
    [InlineData("A")]
    [InlineData("MZ")]
    [InlineData("MY======")]
    [InlineData("M1")]
    [InlineData("ſY")]
    public void What_base_32_does_not_write_is_not_read(string text) => Assert.Null(Base32.Decode(text));

    [Fact]
    public void The_address_for_authenticators_names_account_secret_and_form() => Assert.Equal(
        "otpauth://totp/Quehacer:ana%2Bb%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Quehacer&algorithm=SHA1&digits=6&period=30",
        Totp.UriOf("ana+b@example.com", RfcSecret));

    [Fact]
    public void A_sealed_secret_opens_for_its_account_alone_and_under_the_key_before_as_well()
    {
        var (one, other) = (new SigningKey("a secret of at least thirty-two bytes"), new SigningKey("another secret of at least 32 bytes"));
        var (ana, eva) = (Guid.NewGuid(), Guid.NewGuid());
        var closed = new TotpSecrets(one, null).Close(ana, RfcSecret);
        Assert.Equal(RfcSecret, new TotpSecrets(one, null).Open(ana, closed));
        Assert.Equal(RfcSecret, new TotpSecrets(other, one).Open(ana, closed));
        Assert.Null(new TotpSecrets(other, null).Open(ana, closed));
        Assert.Null(new TotpSecrets(one, null).Open(eva, closed));
    }

    [Fact]
    public void Recovery_codes_are_ten_of_eighty_bits_and_read_however_they_are_typed()
    {
        var (userId, making) = (Guid.NewGuid(), Guid.NewGuid());
        var codes = new RecoveryCodes(new SigningKey("a secret of at least thirty-two bytes")).Of(userId, making);
        Assert.Equal(10, codes.Distinct().Count());
        Assert.All(codes, code =>
        {
            Assert.Matches("^[a-z2-7]{4}(-[a-z2-7]{4}){3}$", code);
            var hash = RecoveryCodes.HashOf(code);
            Assert.NotNull(hash);
            Assert.All([code.ToUpperInvariant(), code.Replace('-', ' '), code.Replace("-", ""), $" {code} "], typed => Assert.Equal(hash, RecoveryCodes.HashOf(typed)));
        });
        Assert.All(["", "123456", codes[0][1..], codes[0] + "a", "0000-0000-0000-0000", "\0"], wrong => Assert.Null(RecoveryCodes.HashOf(wrong)));
    }
}
