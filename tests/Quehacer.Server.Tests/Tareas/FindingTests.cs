namespace Quehacer.Server.Tests.Tareas;

/// <summary>003's list: its parameters, their other spellings, and what each says of a value that it cannot take.</summary>
public sealed class FindingTests(SharedServer shared)
{
    private static readonly string Unknown = Guid.CreateVersion7().ToString();

    /// <summary>Five tasks that differ in everything that can be asked for, from the first made to the last.</summary>
    private async Task<(User User, string Category, string Tag, string Other)> FillAsync()
    {
        var user = await shared.NewUserAsync();
        var category = await Spanish.MakeAsync(user, Spanish.Categories, new { name = "Trabajo" }, "category");
        var (tag, other) = (await Spanish.MakeAsync(user, Spanish.Tags, new { name = "urgente" }, "tag"), await Spanish.MakeAsync(user, Spanish.Tags, new { name = "casa" }, "tag"));
        await Spanish.MakeTaskAsync(user, new { title = "beta", priority = "baja", dueDate = "2099-01-20T23:59:59.000Z", tagsId = new[] { tag } });
        await Spanish.MakeTaskAsync(user, new { title = "Álamo", description = "plantar árboles", priority = "alta", dueDate = "2099-03-01", tagsId = new[] { tag, other } });
        await Spanish.MakeTaskAsync(user, new { title = "delta", completed = true, categoryId = category });
        await user.CreateAsync(new { title = "crítica", priority = "critical", due_date = "2099-02-01T12:00:00Z" });
        await Spanish.MakeTaskAsync(user, new { title = "zeta", description = "árbol", categoryId = category, tagsId = new[] { other } });
        return (user, category, tag, other);
    }

    [Fact]
    public async Task Every_parameter_finds_what_003_says_under_every_name_that_it_has()
    {
        var (user, category, tag, other) = await FillAsync();
        foreach (var (query, expected) in new[]
        {
            ("", "zeta crítica delta Álamo beta"), ("completed=true", "delta"), ("completed=false", "zeta crítica Álamo beta"),
            ($"categoria={category}", "zeta delta"), ($"categoryId={category}", "zeta delta"), ($"categoria={Unknown}", ""),
            ("prioridad=alta", "crítica Álamo"), ("priority=alta", "crítica Álamo"), ("prioridad=media", "zeta delta"), ("prioridad=baja,media", "zeta delta beta"), ("prioridad=baja&prioridad=alta", "crítica Álamo beta"),
            ("fechaVencimiento.desde=2099-02-01T12:00:00Z", "crítica Álamo"), ("fechaVencimiento.desde=2099-02-02", "Álamo"), ("fechaVencimiento[desde]=2099-02-02", "Álamo"),
            ("fechaVencimiento.hasta=2099-02-01T12:00:00.000Z", "crítica beta"), ("fechaVencimiento.hasta=2099-01-20", "beta"), ("fechaVencimiento.hasta=2099-01-20T23:59:58Z", ""),
            ("fechaVencimiento.desde=2099-01-20T23:59:59Z&fechaVencimiento.hasta=2099-02-01", "crítica beta"), ("fechaVencimiento.desde=2099-02-02&fechaVencimiento.hasta=2099-01-01", ""),
            ("fechaVencimiento.desde=2099-02-01T14:00:00+02:00", "crítica Álamo"), ("fechaVencimiento.desde=2099-02-01T14:00:01%2B02:00", "Álamo"),
            ("busqueda=arbol", "zeta Álamo"), ("search=%C3%81LAM", "Álamo"), ("busqueda=", "zeta crítica delta Álamo beta"), ("busqueda=nada", ""),
            ($"etiquetas={tag}", "Álamo beta"), ($"etiquetas={tag},{other}", "Álamo"), ($"etiquetas={tag}&etiquetas={other}", "Álamo"), ($"etiquetas[]={other}", "zeta Álamo"), ($"tagId={other}", "zeta Álamo"), ($"etiquetas={Unknown}", ""),
            ("sinceDate=2020-01-01", "zeta crítica delta Álamo beta"), ("sinceDate=2098-01-01", ""), ("untilDate=2020-01-01", ""), ("untilDate=2098-01-01T00:00:00Z", "zeta crítica delta Álamo beta"),
            ("ordenar=creado_en", "zeta crítica delta Álamo beta"), ("ordenar=creado_en&direccion=asc", "beta Álamo delta crítica zeta"), ("direccion=asc", "beta Álamo delta crítica zeta"),
            ("ordenar=titulo", "zeta delta crítica beta Álamo"), ("ordenar=titulo&direccion=asc", "Álamo beta crítica delta zeta"), ("ordenarPor=title&direccion=asc", "Álamo beta crítica delta zeta"),
            ("ordenar=prioridad", "crítica Álamo zeta delta beta"), ("ordenarPor=priority&direccion=asc", "beta delta zeta Álamo crítica"),
            ("ordenar=fecha_vencimiento", "Álamo crítica beta zeta delta"), ("ordenar=fecha_vencimiento&direccion=asc", "beta crítica Álamo delta zeta"), ("ordenarPor=dueDate", "Álamo crítica beta zeta delta"), ("ordenarPor=createdAt", "zeta crítica delta Álamo beta"),
            ("desconocido=1&_=2&completed=&categoria=&prioridad=&etiquetas=&ordenar=&direccion=&limit=&offset=&fechaVencimiento.desde=", "zeta crítica delta Álamo beta"),
            ($"completed=false&prioridad=alta&limit=20&offset=0&ordenar=fecha_vencimiento&direccion=asc&etiquetas={tag}", "Álamo"),
        })
        {
            Assert.Equal((query, expected), (query, string.Join(' ', (await user.GetAsync($"{Spanish.Tasks}?{query}")).Titles())));
        }
        var created = (string)(await user.GetAsync($"{Spanish.Tasks}?prioridad=baja")).Is(200)["tasks"]![0]!["createdAt"]!;
        Assert.Equal(["beta"], (await user.GetAsync($"{Spanish.Tasks}?sinceDate={created}&untilDate={created}")).Titles());
    }

    [Fact]
    public async Task A_list_is_read_in_pieces_of_any_length_from_any_place()
    {
        var (user, _, _, _) = await FillAsync();
        foreach (var (limit, offset, expected) in new[] { (2, 0, "zeta crítica"), (2, 3, "Álamo beta"), (2, 4, "beta"), (100, 1, "crítica delta Álamo beta"), (10, 5, ""), (1, int.MaxValue, "") })
        {
            var list = (await user.GetAsync($"{Spanish.Tasks}?limit={limit}&offset={offset}")).Is(200);
            Assert.Equal((expected, 5, limit, offset), (string.Join(' ', list.Titles()), (int)list["total"]!, (int)list["limit"]!, (int)list["offset"]!));
        }
        var filtered = (await user.GetAsync($"{Spanish.Tasks}?prioridad=alta&limit=1&offset=1")).Is(200);
        Assert.Equal(("Álamo", 2), (filtered.Titles().Single(), (int)filtered["total"]!));
        // The same question has the same tag, and another piece another one.
        var tag = (await user.GetAsync($"{Spanish.Tasks}?completed=false&limit=10")).Is(200).ETag!;
        Assert.Equal(tag, (await user.GetAsync($"{Spanish.Tasks}?offset=0&desconocido=1&completed=false")).Is(200).ETag);
        Assert.NotEqual(tag, (await user.GetAsync($"{Spanish.Tasks}?completed=false&offset=1")).Is(200).ETag);
        (await user.GetAsync($"{Spanish.Tasks}?offset=0&completed=false", ("If-None-Match", tag))).Is(304);
        (await user.GetAsync($"{Spanish.Tasks}?limit=0", ("If-None-Match", tag))).Is(400);
    }

    [Fact]
    public async Task Every_value_that_a_parameter_cannot_take_is_refused_by_its_sentence_and_its_name()
    {
        var user = await shared.SomebodyAsync();
        var (uuids, dates) = ("Todos los IDs de etiquetas deben ser UUIDs válidos", "Fecha de vencimiento debe ser una fecha válida en formato ISO 8601");
        foreach (var (name, message, values) in new (string, string, string[])[]
        {
            ("limit", "Límite debe ser un número entre 1 y 100", ["0", "-1", "101", "99999999999", "x", "1.5", "%2B1", "1&limit=2"]),
            ("offset", "Offset debe ser un número mayor o igual a 0", ["-1", "x", "1e3", "2147483648", "0&offset=0"]),
            ("completed", "Completada debe ser true o false", ["1", "TRUE", "si", "true&completed=false"]),
            ("categoria", "ID de categoría debe ser un UUID válido", ["trabajo", "none", "7", "tag_01h455vb4pex5vsknk084sn02q"]),
            ("categoryId", "ID de categoría debe ser un UUID válido", ["x"]),
            ("prioridad", "Prioridad debe ser uno de: baja, media, alta", ["urgente", "ALTA", "alta,", "critical", "low"]),
            ("priority", "Prioridad debe ser uno de: baja, media, alta", ["high"]),
            ("fechaVencimiento.desde", dates, ["ayer", "2099-02-30", "2099", "1"]),
            ("fechaVencimiento.hasta", dates, ["2099-01-01T99:00"]),
            ("fechaVencimiento[hasta]", dates, ["x"]),
            ("sinceDate", "Fecha de creación debe ser una fecha válida en formato ISO 8601", ["x"]),
            ("untilDate", "Fecha de creación debe ser una fecha válida en formato ISO 8601", ["2099-13-01"]),
            ("etiquetas", uuids, ["urgente", $"{Unknown},x", $"{Unknown},", "cat_01h455vb4pex5vsknk084sn02q"]),
            ("tagId", uuids, ["x"]),
            ("etiquetas[]", uuids, ["x"]),
            ("etiquetas", "Etiquetas no puede tener más de 100 elementos", [string.Join(',', Enumerable.Range(0, 101).Select(_ => Guid.NewGuid()))]),
            ("busqueda", "Búsqueda debe tener al menos una palabra", ["%20", ",,"]),
            ("search", "Búsqueda no puede exceder 200 caracteres", [new string('a', 201)]),
            ("busqueda", "Búsqueda no puede tener más de 16 palabras", [string.Join('+', Enumerable.Range(0, 17).Select(number => $"palabra{(char)('a' + number)}"))]),
            ("busqueda", "busqueda contiene caracteres que no son texto: U+0000, medio par sustituto o bytes que no son UTF-8", ["a%FF"]),
            ("ordenar", "Ordenar debe ser uno de: creado_en, fecha_vencimiento, prioridad, titulo", ["createdAt", "-titulo", "x"]),
            ("ordenarPor", "OrdenarPor debe ser uno de: createdAt, dueDate, priority, title", ["titulo"]),
            ("direccion", "Dirección debe ser asc o desc", ["ASC", "arriba"]),
        })
        {
            foreach (var value in values)
            {
                (await user.GetAsync($"{Spanish.Tasks}?{name}={value}")).IsFault(name, message);
            }
        }
        (await user.GetAsync($"{Spanish.Tasks}?prioridad=&priority=x")).IsFault("priority", "Prioridad debe ser uno de: baja, media, alta");
        var several = (await user.GetAsync($"{Spanish.Tasks}?limit=0&offset=-1&prioridad=x")).Is(400);
        Assert.Equal(3, several["details"]!.AsArray().Count);
        Assert.Equal((string)several["details"]![0]!["field"]!, (string)several["field"]!);
    }
}
