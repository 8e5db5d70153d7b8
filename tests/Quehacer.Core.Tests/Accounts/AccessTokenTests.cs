using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Quehacer.Core.Accounts;
using Xunit;

namespace Quehacer.Core.Tests.Accounts;

public sealed class AccessTokenTests
{
    private const string Secret = "a secret of at least thirty-two bytes";
    private const string OurHeader = """{"alg":"HS256","typ":"JWT"}""";

    private static readonly DateTime Now = new(2026, 3, 4, 5, 6, 7, DateTimeKind.Utc);
    private static readonly Account Ana = new(Ids.New(Now), "ana@example.com", "Ana", IsAdmin: false, Ids.New(Now), Version: 1, Now);
    private static readonly Guid Session = Ids.New(Now);

    private readonly AccessToken tokens = new(new SigningKey(Secret));

    [Fact]
    public void A_token_says_what_was_put_into_it()
    {
        Assert.Null(Verify(tokens.Issue(Ana, Session, Now), Now, out var claims));

        var seconds = new DateTimeOffset(Now).ToUnixTimeSeconds();
        Assert.Equal(new TokenClaims(Ana.Id, Session, Ana.WorkspaceId, Plan.Standard, seconds, seconds + 3600), claims);
    }

    [Fact]
    public void A_token_is_a_json_web_token_with_the_promised_claims()
    {
        var parts = tokens.Issue(Ana with { IsAdmin = true }, Session, Now).Split('.');

        Assert.Equal(3, parts.Length);
        Assert.Equal(OurHeader, Encoding.UTF8.GetString(Base64Url.DecodeFromChars(parts[0])));
        var payload = JsonNode.Parse(Base64Url.DecodeFromChars(parts[1]))!.AsObject();
        Assert.Equal(["sub", "iat", "exp", "roles", "sid", "ws", "plan"], payload.Select(claim => claim.Key));
        Assert.Equal(Ids.ToTypeId("user", Ana.Id), (string?)payload["sub"]);
        Assert.Equal(["user", "admin"], payload["roles"]!.AsArray().Select(role => (string?)role));
        Assert.Equal(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}")), Base64Url.DecodeFromChars(parts[2]));
    }

    [Fact]
    public void The_same_arguments_give_the_same_token() => Assert.Equal(tokens.Issue(Ana, Session, Now), tokens.Issue(Ana, Session, Now));

    [Fact]
    public void Every_issued_token_is_accepted_until_its_hour_is_over() => Properties.ForAll(Properties.AnyTime, issued =>
    {
        if (issued < DateTime.UnixEpoch.AddDays(1))
        {
            return true;
        }
        var token = tokens.Issue(Ana, Session, issued);
        return Verify(token, issued, out _) is null
            && Verify(token, issued.AddSeconds(3598), out _) is null
            && Verify(token, issued.AddSeconds(3600), out _) == TokenFault.Expired;
    });

    [Fact]
    public void A_token_expires_with_its_hour()
    {
        var token = tokens.Issue(Ana, Session, Now);

        Assert.Null(Verify(token, Now.AddSeconds(3599), out _));
        Assert.Equal(TokenFault.Expired, Verify(token, Now.AddSeconds(3600), out _));
        Assert.Equal(TokenFault.Expired, Verify(token, Now.AddYears(1), out _));
    }

    [Fact]
    public void A_token_from_the_future_is_refused_but_for_the_skew_of_clocks()
    {
        var token = tokens.Issue(Ana, Session, Now);

        Assert.Null(Verify(token, Now.AddSeconds(-Limits.TokenClockSkewSeconds), out _));
        Assert.Equal(TokenFault.Invalid, Verify(token, Now.AddSeconds(-Limits.TokenClockSkewSeconds - 1), out _));
        Assert.Equal(TokenFault.Invalid, Verify(token, Now.AddHours(-2), out _));
    }

    [Fact]
    public void A_token_with_any_one_character_altered_is_refused()
    {
        var token = tokens.Issue(Ana, Session, Now);
        const string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ é";
        for (var position = 0; position < token.Length; position++)
        {
            foreach (var character in alphabet)
            {
                if (character != token[position])
                {
                    var altered = string.Concat(token.AsSpan(0, position), [character], token.AsSpan(position + 1));
                    Assert.True(Verify(altered, Now, out _) == TokenFault.Invalid, $"Position {position} altered to '{character}' was accepted.");
                }
            }
        }
    }

    [Fact]
    public void A_token_with_a_character_removed_or_added_is_refused()
    {
        var token = tokens.Issue(Ana, Session, Now);
        for (var position = 0; position <= token.Length; position++)
        {
            Assert.Equal(TokenFault.Invalid, Verify(token[..position], position == token.Length ? Now.AddHours(-1) : Now, out _));
            Assert.Equal(TokenFault.Invalid, Verify(token.Insert(position, "A"), Now, out _));
            Assert.Equal(TokenFault.Invalid, Verify(token.Insert(position, "="), Now, out _));
            Assert.Equal(TokenFault.Invalid, Verify(token.Insert(position, "."), Now, out _));
        }
    }

    [Fact]
    public void A_token_without_a_signature_is_refused()
    {
        var payload = Encode(Payload());

        Assert.Equal(TokenFault.Invalid, Verify($"{Encode("""{"alg":"none","typ":"JWT"}""")}.{payload}.", Now, out _));
        Assert.Equal(TokenFault.Invalid, Verify($"{Encode("""{"alg":"none"}""")}.{payload}", Now, out _));
        Assert.Equal(TokenFault.Invalid, Verify($"{Encode(OurHeader)}.{payload}.", Now, out _));
    }

    [Theory]
    [InlineData("""{"alg":"none","typ":"JWT"}""")]
    [InlineData("""{"alg":"None"}""")]
    [InlineData("""{"alg":"hs256"}""")]
    [InlineData("""{"alg":"HS384"}""")]
    [InlineData("""{"alg":"HS512"}""")]
    [InlineData("""{"alg":"RS256"}""")]
    [InlineData("""{"alg":["HS256"]}""")]
    [InlineData("""{"alg":null}""")]
    [InlineData("""{"typ":"JWT"}""")]
    [InlineData("""{"nested":{"alg":"HS256"}}""")]
    [InlineData("""{"alg":"HS256","crit":["exp"]}""")]
    [InlineData("""["alg","HS256"]""")]
    [InlineData("""{"alg":"HS256" """)]
    [InlineData("HS256")]
    [InlineData("")]
    public void A_token_whose_header_names_another_algorithm_is_refused_though_its_signature_fits(string header) =>
        Assert.Equal(TokenFault.Invalid, Verify(Sign(header, Payload()), Now, out _));

    [Fact]
    public void A_token_that_was_signed_with_another_algorithm_is_refused()
    {
        var signed = $"{Encode("""{"alg":"HS512","typ":"JWT"}""")}.{Encode(Payload())}";
        var signature = HMACSHA512.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.ASCII.GetBytes(signed));

        Assert.Equal(TokenFault.Invalid, Verify($"{signed}.{Base64Url.EncodeToString(signature)}", Now, out _));
    }

    [Fact]
    public void A_token_of_another_key_is_refused()
    {
        var other = new AccessToken(new SigningKey(Secret + "!"));

        Assert.Equal(TokenFault.Invalid, Verify(other.Issue(Ana, Session, Now), Now, out _));
    }

    [Fact]
    public void A_payload_made_like_ours_is_accepted_so_that_the_refusals_below_mean_something() =>
        Assert.Null(Verify(Sign(OurHeader, Payload()), Now, out _));

    [Theory]
    [InlineData("sub")]
    [InlineData("sid")]
    [InlineData("ws")]
    [InlineData("iat")]
    [InlineData("exp")]
    [InlineData("roles")]
    public void A_token_that_lacks_a_claim_is_refused(string claim)
    {
        Assert.Equal(TokenFault.Invalid, Verify(Sign(OurHeader, Payload(claims => claims.Remove(claim))), Now, out _));
        Assert.Equal(TokenFault.Invalid, Verify(Sign(OurHeader, Payload(claims => claims[claim] = null)), Now, out _));
        Assert.Equal(TokenFault.Invalid, Verify(Sign(OurHeader, Payload(claims => claims[claim] = "x")), Now, out _));
        Assert.Equal(TokenFault.Invalid, Verify(Sign(OurHeader, Payload(claims => claims[claim] = new JsonObject { [claim] = claims[claim]!.DeepClone() })), Now, out _));
    }

    [Fact]
    public void Ids_of_other_kinds_are_not_taken_for_one_another()
    {
        Assert.Equal(TokenFault.Invalid, Verify(Sign(OurHeader, Payload(claims => claims["sub"] = Ids.ToTypeId("task", Ana.Id))), Now, out _));
        Assert.Equal(TokenFault.Invalid, Verify(Sign(OurHeader, Payload(claims => claims["sid"] = Ids.ToTypeId("user", Session))), Now, out _));
        Assert.Equal(TokenFault.Invalid, Verify(Sign(OurHeader, Payload(claims => claims["ws"] = Ana.WorkspaceId.ToString())), Now, out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{")]
    [InlineData("not json")]
    public void A_signed_payload_that_is_no_object_is_refused(string payload) => Assert.Equal(TokenFault.Invalid, Verify(Sign(OurHeader, payload), Now, out _));

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("...")]
    [InlineData("a.b")]
    [InlineData("a.b.c")]
    [InlineData("a.b.c.d")]
    public void What_is_no_token_is_refused(string text) => Assert.Equal(TokenFault.Invalid, Verify(text, Now, out _));

    [Fact]
    public void A_token_that_is_too_long_is_refused() =>
        Assert.Equal(TokenFault.Invalid, Verify(Sign(OurHeader, Payload(claims => claims["more"] = new string('x', Limits.AccessTokenBytes))), Now, out _));

    [Fact]
    public void Any_text_can_be_offered() => Properties.ForAll(Properties.AnyText, text => Verify(text, Now, out _) == TokenFault.Invalid);

    private TokenFault? Verify(string token, DateTime now, out TokenClaims claims) => tokens.Verify(token, now, out claims);

    private static string Payload(Action<JsonObject>? change = null)
    {
        var seconds = new DateTimeOffset(Now).ToUnixTimeSeconds();
        var claims = new JsonObject
        {
            ["sub"] = Ids.ToTypeId("user", Ana.Id),
            ["iat"] = seconds,
            ["exp"] = seconds + 3600,
            ["roles"] = new JsonArray("user"),
            ["sid"] = Ids.ToTypeId("sess", Session),
            ["ws"] = Ids.ToTypeId("ws", Ana.WorkspaceId),
        };
        change?.Invoke(claims);
        return claims.ToJsonString();
    }

    private static string Sign(string header, string payload)
    {
        var signed = $"{Encode(header)}.{Encode(payload)}";
        return $"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.ASCII.GetBytes(signed)))}";
    }

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
