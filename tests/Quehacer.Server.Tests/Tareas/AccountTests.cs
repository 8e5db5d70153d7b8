using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests.Tareas;

public sealed class AccountTests(SharedServer shared)
{
    private const string Register = "/api/auth/registro";
    private const string LogIn = "/api/auth/login";
    private const string Profile = "/api/auth/perfil";
    private const string Uuid = "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$";
    private const string Moment = @"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$";

    private static string FreshEmail() => $"{Guid.NewGuid():N}@ejemplo.com";

    [Theory]
    [InlineData(Register)]
    [InlineData("/api/auth/register")]
    public async Task Somebody_registers_logs_in_reads_the_profile_and_logs_out(string register)
    {
        var (client, email) = (shared.Nobody(), FreshEmail());
        var registered = (await client.PostAsync(register, new { email, name = "Juan Pérez", password = Spanish.Password })).Is(201).HasMembers("(message user(id email name createdAt) token)");
        Assert.Equal("Usuario registrado exitosamente", (string)registered["message"]!);
        var user = registered["user"]!;
        Assert.Equal((email, "Juan Pérez"), ((string)user["email"]!, (string)user["name"]!));
        Assert.Matches(Uuid, (string)user["id"]!);
        Assert.Matches(Moment, (string)user["createdAt"]!);
        Assert.Equal("no-store", registered.Header("Cache-Control"));

        var loggedIn = (await client.PostAsync(LogIn, new { email = email.ToUpperInvariant(), password = Spanish.Password })).Is(200).HasMembers("(message user(id email name createdAt) token)");
        Assert.Equal(("Login exitoso", user.ToJsonString()), ((string)loggedIn["message"]!, loggedIn["user"]!.ToJsonString()));
        Assert.NotEqual((string)registered["token"]!, (string)loggedIn["token"]!);
        Assert.Equal("no-store", loggedIn.Header("Cache-Control"));

        foreach (var token in new[] { registered["token"]!, loggedIn["token"]! })
        {
            client.AccessToken = (string)token!;
            var profile = (await client.GetAsync(Profile)).Is(200).HasMembers("(message user(id email name createdAt))");
            Assert.Equal(("Perfil obtenido exitosamente", user.ToJsonString()), ((string)profile["message"]!, profile["user"]!.ToJsonString()));
            (await client.GetAsync(Profile, ("If-None-Match", profile.ETag!))).Is(304);
            // The same token opens the other contracts.
            Assert.Equal(email, (string)(await client.GetAsync("/api/v1/me")).Is(200)["email"]!);
            Assert.Equal("""{"message":"Sesión cerrada exitosamente"}""", (await client.PostAsync("/api/auth/logout")).Is(200).Text);
            foreach (var path in new[] { Profile, Spanish.Tasks, Spanish.Categories, Spanish.Tags })
            {
                (await client.GetAsync(path)).IsError(401, "Unauthorized", "Token inválido");
                (await client.GetAsync(path, ("If-None-Match", "*"))).IsError(401, "Unauthorized", "Token inválido");
            }
            (await client.PostAsync("/api/auth/logout")).IsError(401, "Unauthorized", "Token inválido");
        }
    }

    [Fact]
    public async Task A_known_email_and_a_wrong_login_are_refused_in_the_words_of_003()
    {
        var user = await shared.SomebodyAsync();
        var nobody = shared.Nobody();
        (await nobody.PostAsync(Register, new { email = user.Email.ToUpperInvariant(), name = "Otra", password = Spanish.Password })).IsError(409, "Conflict", "User with this email already exists");
        foreach (var (email, password) in new[] { (user.Email, "otraClave123"), (FreshEmail(), Spanish.Password), (user.Email, " "), (user.Email, "\0") })
        {
            (await nobody.PostAsync(LogIn, new { email, password })).IsError(401, "Unauthorized", "Invalid credentials");
        }
    }

    [Fact]
    public async Task Every_rule_of_a_registration_says_its_sentence_and_several_are_told_at_once()
    {
        var nobody = shared.Nobody();
        foreach (var (member, message, values) in new (string, string, JsonNode?[])[]
        {
            ("email", "Email debe ser válido", [null, "", "nadie", "a@b", "a b@c.de", 7, true, new JsonArray(), new JsonObject()]),
            ("email", "Email no puede exceder 255 caracteres", [new string('a', 250) + "@b.com"]),
            ("name", "Nombre es requerido y no puede exceder 255 caracteres", [null, "", "   ", new string('a', 256), 7, new JsonArray("Ana")]),
            ("name", "Nombre solo puede contener letras y espacios", ["Ana 2", "Ana-María", "a@b", "😀"]),
            ("password", "Contraseña debe tener al menos 8 caracteres", [null, "", "Corta1", 12345678, new JsonObject()]),
            ("password", "Contraseña debe contener al menos una minúscula, una mayúscula y un número", ["sinmayuscula1", "SINMINUSCULA1", "SinNumeroNinguno"]),
            ("password", "Contraseña no puede exceder 128 caracteres", ["Aa1" + new string('x', 126)]),
            ("password", "Contraseña es una de las que todos prueban primero; elige otra", ["Password123"]),
        })
        {
            foreach (var value in values)
            {
                var body = new JsonObject { ["email"] = FreshEmail(), ["name"] = "Ana", ["password"] = Spanish.Password };
                body[member] = value?.DeepClone();
                (await nobody.PostAsync(Register, body)).IsFault(member, message);
            }
            if (values[0] is null)
            {
                var body = new JsonObject { ["email"] = FreshEmail(), ["name"] = "Ana", ["password"] = Spanish.Password };
                body.Remove(member);
                (await nobody.PostAsync(Register, body)).IsFault(member, message);
            }
        }
        var all = (await nobody.PostAsync(Register, new { password = "x", name = "R2D2" })).IsFault("email", "Email debe ser válido");
        Assert.Equal(
            """[{"field":"email","message":"Email debe ser válido"},{"field":"name","message":"Nombre solo puede contener letras y espacios"},{"field":"password","message":"Contraseña debe tener al menos 8 caracteres"}]""",
            all["details"]!.ToJsonString(Client.Plain));
        foreach (var name in new[] { "Łukasz Ångström", "王小明", "محمد", "अनिता", "  José  " })
        {
            Assert.Equal(name.Trim(), (string)(await nobody.PostAsync(Register, new { email = FreshEmail(), name, password = Spanish.Password, otra = 1 })).Is(201)["user"]!["name"]!);
        }
    }

    [Fact]
    public async Task A_login_says_what_is_missing()
    {
        var nobody = shared.Nobody();
        (await nobody.PostAsync(LogIn, new { email = FreshEmail() })).IsFault("password", "Contraseña es requerida");
        (await nobody.PostAsync(LogIn, new { email = FreshEmail(), password = 12345678 })).IsFault("password", "Contraseña es requerida");
        (await nobody.PostAsync(LogIn, new { email = FreshEmail(), password = "" })).IsFault("password", "Contraseña es requerida");
        (await nobody.PostAsync(LogIn, new { email = "nadie", password = "x" })).IsFault("email", "Email debe ser válido");
        Assert.Equal(2, (await nobody.PostAsync(LogIn, new { })).IsFault("email", "Email debe ser válido")["details"]!.AsArray().Count);
        (await nobody.PostAsync(LogIn, "[]")).IsFault("body", "El cuerpo de la petición debe ser un objeto JSON");
        (await nobody.PostAsync(LogIn, "{")).IsFault("body", "El cuerpo de la petición no es JSON válido");
    }

    [Fact]
    public async Task A_registration_that_is_repeated_under_its_key_is_done_once_and_answered_with_the_same_token()
    {
        var (nobody, email, key) = (shared.Nobody(), FreshEmail(), Spanish.FreshKey());
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => nobody.PostAsync(Register, new { email, name = "Ana", password = Spanish.Password }, key)));
        Assert.Single(answers, answer => !answer.Is(201).IsReplay);
        Assert.Single(answers.Select(answer => answer.Text).Distinct());
        nobody.AccessToken = (string)answers[0]["token"]!;
        (await nobody.GetAsync(Profile)).Is(200);
        // An account and its first session are there together or not at all: there is one of each.
        Assert.Equal("1", (await shared.Server.SqlAsync($"SELECT count(*) FROM accounts a JOIN sessions s USING (user_id) WHERE a.email = '{email}'")).Trim());
        nobody.AccessToken = null;
        (await nobody.PostAsync(Register, new { email, name = "Ana", password = "OtraClave123" }, key)).IsError(409, "Conflict", "User with this email already exists");
        (await nobody.PostAsync(Register, new { email, name = "Otra", password = Spanish.Password }, key)).IsError(409, "Conflict", "User with this email already exists");

        var login = Spanish.FreshKey();
        var first = (await nobody.PostAsync(LogIn, new { email, password = Spanish.Password }, login)).Is(200);
        var again = (await nobody.PostAsync(LogIn, new { email, password = Spanish.Password }, login)).Is(200);
        Assert.Equal((first.Text, false, true), (again.Text, first.IsReplay, again.IsReplay));
        nobody.AccessToken = (string)first["token"]!;
        var logout = Spanish.FreshKey();
        Assert.False((await nobody.PostAsync("/api/auth/logout", null, logout)).Is(200).IsReplay);
        Assert.True((await nobody.PostAsync("/api/auth/logout", null, logout)).Is(200).IsReplay);
    }

    [Fact]
    public async Task Each_fault_of_a_token_has_its_words()
    {
        var user = await shared.NewUserAsync();
        var nobody = shared.Nobody();
        (await nobody.GetAsync(Profile)).IsError(401, "Unauthorized", "Usuario no autenticado");
        (await nobody.PostAsync("/api/auth/logout")).IsError(401, "Unauthorized", "Usuario no autenticado");
        nobody.AccessToken = user.AccessToken + "x";
        (await nobody.GetAsync(Profile)).IsError(401, "Unauthorized", "Token inválido");
        var parts = user.AccessToken!.Split('.');
        var claims = JsonNode.Parse(Convert.FromBase64String(parts[1].Replace('-', '+').Replace('_', '/').PadRight((parts[1].Length + 3) / 4 * 4, '=')))!.AsObject();
        claims["iat"] = 1;
        claims["exp"] = 3600;
        var signed = $"{parts[0]}.{Base64Url(Encoding.UTF8.GetBytes(claims.ToJsonString()))}";
        nobody.AccessToken = $"{signed}.{Base64Url(HMACSHA256.HashData(Encoding.UTF8.GetBytes(shared.Server.SigningKey), Encoding.ASCII.GetBytes(signed)))}";
        (await nobody.GetAsync(Profile)).IsError(401, "Unauthorized", "Token expirado");
        (await nobody.GetAsync(Spanish.Tasks)).IsError(401, "Unauthorized", "Token expirado");

        static string Base64Url(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');
    }

    [Fact]
    public async Task A_server_that_demands_keys_and_conditions_and_counts_failed_logins_says_so_in_the_contract()
    {
        await using var server = await QuehacerServer.StartAsync(
            QuehacerServer.UsualLimits, ("RateLimits__LoginFailures", "1"), ("Idempotency__Required", "true"), ("Tasks__RequireIfMatch", "true"));
        var client = new Client(server.Http);
        (await client.PostAsync(Register, new { email = "ana@ejemplo.com", name = "Ana", password = Spanish.Password }))
            .IsError(400, "Bad Request", "Este servidor exige una Idempotency-Key en cada POST; envía una clave nueva con cada petición");
        var registered = (await client.PostAsync(Register, new { email = "ana@ejemplo.com", name = "Ana", password = Spanish.Password }, Spanish.FreshKey())).Is(201);
        (await client.PostAsync(LogIn, new { email = "ana@ejemplo.com", password = "x" }, Spanish.FreshKey())).Is(401);
        var refused = (await client.PostAsync(LogIn, new { email = "ana@ejemplo.com", password = Spanish.Password }, Spanish.FreshKey()))
            .IsError(429, "Too Many Requests", "Demasiadas solicitudes. Intenta de nuevo más tarde.");
        Assert.True(int.Parse(refused.Header("Retry-After")!) > 0);

        client.AccessToken = (string)registered["token"]!;
        var made = (await client.PostAsync(Spanish.Tasks, new { title = "a" }, Spanish.FreshKey())).Is(201);
        var path = made.Header("Location")!;
        const string demanded = "Este servidor exige que cada cambio lleve en If-Match el ETag del estado que leíste";
        (await client.PutAsync(path, new { title = "b" })).IsError(428, "Precondition Required", demanded);
        (await client.SendAsync("PATCH", $"{path}/completar")).IsError(428, "Precondition Required", demanded);
        (await client.DeleteAsync(path)).IsError(428, "Precondition Required", demanded);
        var done = (await client.SendAsync("PATCH", $"{path}/completar", null, ("If-Match", made.ETag!))).Is(200);
        (await client.DeleteAsync(path, ("If-Match", done.ETag!))).Is(204);
    }
}
