using static Quehacer.Server.Tests.Hostile.Expected;
using static Quehacer.Server.Tests.Hostile.Ground;

namespace Quehacer.Server.Tests.Hostile;

/// <summary>Numbers, dates, and what would be a statement if anybody pasted it into one.</summary>
internal static class Values
{
    private static readonly string[] Collections = [Tasks, "/api/v1/categories", "/api/v1/tags"];

    public static IEnumerable<HostileCase> Numbers(Ground ground)
    {
        string[] none =
        [
            "", "x", "1.0", "1.5", "1e2", "1E0", "0x10", "0b1", "1_0", "1,5", "1;", "--1", "1-", "-", "+", "NaN", "Infinity", "-Infinity", "null", "true", "[]", "{}", "1%20", "%201", "%2B1", "+1", "1%00", "1%0A", "1%09", "1%0D%0A", "\"1\"", "'1'", "(1)", "1/1", "1*1",
            "%D9%A3", "%EF%BC%91", "%E0%A5%A7", "%C2%BD", "%C2%B2", "%F0%9D%9F%8F", "%E2%85%A0", "%E4%B8%80", "1%E2%80%8B", "%EF%BB%BF1", "%C2%A01", "1%27", "1%20OR%201=1", "1%3BDROP%20TABLE%20tasks", "undefined", "1n", "1f", "010x", "~1", "%E2%88%921",
        ];
        string[] outside = ["0", "-0", "00", "-1", "-2147483648", "2147483648", "4294967296", "4294967297", "9223372036854775807", "9223372036854775808", "18446744073709551617", "99999999999999999999999999", "-99999999999999999999999999"];
        foreach (var collection in Collections)
        {
            foreach (var parameter in new[] { "page", "limit" })
            {
                foreach (var number in none)
                {
                    yield return new($"{collection}?{parameter}={number}", ground.Get($"{collection}?{parameter}={number}"), Invalid(parameter, "NOT_AN_INTEGER"));
                }
                foreach (var number in outside)
                {
                    yield return new($"{collection}?{parameter}={number}", ground.Get($"{collection}?{parameter}={number}"), Invalid(parameter, "OUT_OF_RANGE"));
                }
                yield return new($"{collection}?{parameter} twice", ground.Get($"{collection}?{parameter}=1&{parameter}=1"), Invalid(parameter, "REPEATED"));
                yield return new($"{collection}?{parameter}[]", ground.Get($"{collection}?{parameter}[]=1"), Invalid($"{parameter}[]", "UNKNOWN"));
                yield return new($"{collection}?{parameter} in upper case", ground.Get($"{collection}?{parameter.ToUpperInvariant()}=1"), Invalid(parameter.ToUpperInvariant(), "UNKNOWN"));
            }
            yield return new($"{collection}?limit=101", ground.Get($"{collection}?limit=101"), Invalid("limit", "OUT_OF_RANGE"));
            yield return new($"{collection}, the last page there can be", ground.Get($"{collection}?page=2147483647&limit=100"), Taken(200, answer => Assert.Empty(answer.Json[collection.Split('/')[^1]]!.AsArray())));
        }
        foreach (var flag in new[] { "", "1", "0", "yes", "no", "on", "TRUE", "True", "t", "null", "true%20", "%20true", "true,false", "true%00", "[]", "%EF%BD%94rue" })
        {
            foreach (var parameter in new[] { "overdue", "include_deleted", "include_total" })
            {
                yield return new($"{parameter}={flag}", ground.Get($"{Tasks}?{parameter}={flag}"), Invalid(parameter, "NOT_A_BOOLEAN"));
            }
        }
    }

    public static IEnumerable<HostileCase> Dates(Ground ground)
    {
        string[] none =
        [
            "", " ", "tomorrow", "now", "2099", "2099-01", "2099-01-01T", "2099-01-01T00Z", "2099-01-01T00:00Z", "2099-01-01T00:00:00", "2099-01-01T00:00:00+", "2099-01-01T00:00:00+00", "2099-01-01T00:00:00+0000", "2099-01-01T00:00:00+0:00", "2099-01-01T00:00:00 Z", "2099-01-01T00:00:00ZZ",
            "2099-01-01T00:00:00Z ", " 2099-01-01T00:00:00Z", "2099-01-01T00:00:00.Z", "2099-01-01T00:00:00,5Z", "2099-01-01T00:00:00.5", "2099-01-01T00:00:00.5.5Z", "2099-01-01T00:00:00.xZ", "2099-02-30T00:00:00Z", "2099-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2099-04-31T00:00:00Z", "2099-00-01T00:00:00Z", "2099-13-01T00:00:00Z",
            "2099-01-00T00:00:00Z", "2099-01-32T00:00:00Z", "2099-01-01T24:00:00Z", "2099-01-01T25:00:00Z", "2099-01-01T00:60:00Z", "2099-01-01T00:00:60Z", "2098-12-31T23:59:60Z", "2099-01-01T00:00:61Z", "2099-01-01T00:00:00+24:00", "2099-01-01T00:00:00-24:00", "2099-01-01T00:00:00+23:60", "2099-01-01T00:00:00+99:99",
            "2099-01-01T00:00:00\u221201:00", "0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "+2099-01-01T00:00:00Z", "-2099-01-01T00:00:00Z", "-0001-01-01T00:00:00Z", "99-01-01T00:00:00Z", "2099-1-1T00:00:00Z", "2099-01-01T0:0:0Z", "2099/01/01T00:00:00Z", "2099-01-01_00:00:00Z", "20990101T000000Z", "2099-W01-1T00:00:00Z", "2099-001T00:00:00Z",
            "2099-01-01T00:00:00 UTC", "2099-01-01T00:00:00 GMT", "2099-01-01T00:00:00[Europe/Madrid]", "2099-01-01T00:00:00Z[Europe/Madrid]", "2099-01-01T00:00:00 Europe/Madrid", "2099-01-01T00:00:00EST", "2099-01-01T00:00:00A", "01/01/2099", "1 Jan 2099", "Thu, 01 Jan 2099 00:00:00 GMT", "Thu Jan 01 2099", "4070908800", "4070908800000", "@4070908800",
            "1e9", "infinity", "-infinity", "epoch", "today", "allballs", "P1D", "2099-01-01T00:00:00Z/P1D", "2099-01-01T00:00:00Z..", "\u0662\u0660\u0669\u0669-01-01T00:00:00Z", "\uff12099-01-01T00:00:00Z", "2099-01-01\u00a000:00:00Z", "2099-01-01T00:00:00.0000000000000000000000000000000000000000000000000000000000000000000000000000000000001Z",
            "9999-12-31T23:59:59-00:01", "0001-01-01T00:00:00+00:01", "2099-01-01T00:00:00Z'; DROP TABLE tasks; --", "/Date(4070908800000)/", "2099-01-01T00:00:00.+01:00", "2099-01-01T-1:00:00Z", "2099-01-01T 1:00:00Z", "0x7D1-01-01T00:00:00Z", "2099-01-01BC", "2099-01-01t", "T00:00:00Z",
        ];
        foreach (var date in none)
        {
            yield return new($"due {Shown(date)}", ground.Make($$"""{"title":"a","due_date":"{{date}}"}"""), Invalid("due_date", "NOT_A_DATE"));
            foreach (var parameter in new[] { "due_after", "created_before", "updated_since" })
            {
                yield return new($"{parameter} {Shown(date)}", ground.Get($"{Tasks}?{parameter}={Escaped(date)}"), Invalid(parameter, "NOT_A_DATE"));
            }
        }
        foreach (var date in new[] { "2020-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "1969-12-31T23:59:59.999Z" })
        {
            yield return new($"due {date}", ground.Make($$"""{"title":"a","due_date":"{{date}}"}"""), Invalid("due_date", "NOT_IN_FUTURE"));
        }
        foreach (var (date, shown) in new[]
        {
            ("2099-01-01t00:00:00z", "2099-01-01T00:00:00.000Z"), ("2099-01-01 00:00:00Z", "2099-01-01T00:00:00.000Z"), ("2099-01-01T00:00:00-00:00", "2099-01-01T00:00:00.000Z"), ("2099-01-01T00:00:00+23:59", "2098-12-31T00:01:00.000Z"), ("2099-01-01T00:00:00-23:59", "2099-01-01T23:59:00.000Z"),
            ("2099-01-01T00:00:00.123456789012345678901234567890Z", "2099-01-01T00:00:00.123Z"), ("2099-01-01T23:59:59.9999999Z", "2099-01-01T23:59:59.999Z"), ("2096-02-29T00:00:00Z", "2096-02-29T00:00:00.000Z"), ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
        })
        {
            yield return new($"due {date}", ground.Spend($$"""{"title":"a","due_date":"{{date}}"}"""), Taken(201, answer => Assert.Equal(shown, (string)answer.Json["due_date"]!)));
        }
    }

    public static IEnumerable<HostileCase> Sql(Ground ground)
    {
        string[] payloads =
        [
            "' OR '1'='1", "'; DROP TABLE tasks; --", "\"; DELETE FROM events; --", "1; SELECT pg_sleep(99)", "') OR pg_sleep(99) IS NULL --", "1 UNION SELECT email, password_hash FROM accounts", "\\'; SELECT 1; --", "$$; SELECT version(); $$", "/**/OR/**/1=1", "%' OR title LIKE '%", "a' AND 1=(SELECT 1/0) --",
            "'||(SELECT current_user)||'", "E'\\x27'", "1 OR 1=1#", "COPY tasks TO PROGRAM 'id'", "x'::int", "@p0", "{0}", ":a", "?", "&:*|!()", "'a' <-> 'b'",
        ];
        foreach (var payload in payloads)
        {
            var escaped = Escaped(payload);
            var json = System.Text.Json.JsonSerializer.Serialize(payload);
            foreach (var (parameter, expected) in new[]
            {
                ("tag", Taken(200)), ("category_id", Invalid("category_id", "NOT_AN_ID")), ("sort", Invalid("sort", "NOT_ONE_OF")), ("order", Invalid("order", "NOT_ONE_OF")), ("status", Invalid("status", "NOT_ONE_OF")),
                ("priority", Invalid("priority", "NOT_ONE_OF")), ("cursor", Invalid("cursor", "INVALID_CURSOR")), ("due_after", Invalid("due_after", "NOT_A_DATE")), ("created_before", Invalid("created_before", "NOT_A_DATE")), ("page", Invalid("page", "NOT_AN_INTEGER")),
                ("limit", Invalid("limit", "NOT_AN_INTEGER")), ("overdue", Invalid("overdue", "NOT_A_BOOLEAN")), ("include_deleted", Invalid("include_deleted", "NOT_A_BOOLEAN")), ("include_total", Invalid("include_total", "NOT_A_BOOLEAN")), ("fields", Invalid("fields")) ,
            })
            {
                yield return new($"{parameter}={payload}", ground.Get($"{Tasks}?{parameter}={escaped}"), parameter == "fields" ? OneOf(422) : expected);
            }
            yield return new($"q={payload}", ground.Get($"{Tasks}?q={escaped}"), Taken(200));
            yield return new($"an unknown parameter {payload}", ground.Get($"{Tasks}?{escaped}=1"), OneOf(422));
            yield return new($"an id {payload}", ground.Get($"{Tasks}/{escaped}"), NotFound());
            yield return new($"an id of a category {payload}", ground.Get($"/api/v1/categories/{escaped}"), NotFound());
            yield return new($"a tag to take away {payload}", ground.Ask("DELETE", $"{ground.Task}/tags/{escaped}"), OneOf(200).With(answer => Assert.Contains("kept", answer.Body)));
            yield return new($"a title {payload}", ground.Spend($$"""{"title":{{json}},"description":{{json}}}"""),
                Taken(201, answer => Assert.Equal((payload, payload), ((string)answer.Json["title"]!, (string)answer.Json["description"]!))));
            yield return new($"a tag {payload}", ground.Spend($$"""{"title":"a","tags":[{{json}}]}"""), Taken(201, answer => Assert.Equal(payload, (string)answer.Json["tags"]![0]!)));
            yield return new($"a priority {payload}", ground.Make($$"""{"title":"a","priority":{{json}}}"""), Invalid("priority", "NOT_ONE_OF"));
            yield return new($"a category {payload}", ground.Make($$"""{"title":"a","category_id":{{json}}}"""), Invalid("category_id", "NOT_AN_ID"));
            yield return new($"a category's name {payload}", ground.Ask("POST", "/api/v1/categories", "", Bytes($$"""{"name":{{json}}}"""), ground.Spender), Taken(201, answer => Assert.Equal(payload, (string)answer.Json["name"]!)));
            yield return new($"a member {payload}", ground.Make($$"""{"title":"a",{{json}}:1}"""), Invalid(payload, "UNKNOWN"));
            if (payload.StartsWith('\''))
            {
                // A login hashes a password, known e-mail or not: a few are enough.
                yield return new($"a login {payload}", ground.Ask("POST", "/api/v1/auth/login", "", Bytes($$"""{"email":{{json}},"password":"a"}""")), Problem(401, "INVALID_CREDENTIALS"));
            }
            yield return new($"a refresh token {payload}", ground.Ask("POST", "/api/v1/auth/refresh", "", Bytes($$"""{"refresh_token":{{json}}}""")), Problem(401, "TOKEN_INVALID"));
            yield return new($"a token {payload}", ground.Ask("GET", ground.Task, $"Authorization: Bearer {payload}\r\n"), Problem(401, "TOKEN_INVALID"));
            yield return new($"a condition {payload}", ground.Ask("DELETE", ground.Task, $"If-Match: \"{payload.Replace("\"", "", StringComparison.Ordinal)}\"\r\n"), Problem(412, "PRECONDITION_FAILED"));
            yield return new($"a key {payload}", ground.Spend("""{"title":"a"}""", $"Idempotency-Key: \"{payload.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"\r\n"), Taken(201));
        }
    }
}
