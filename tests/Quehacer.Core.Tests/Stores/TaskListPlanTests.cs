using System.Globalization;
using System.Text.Json;
using Quehacer.Core.Tasks;
using Xunit;

namespace Quehacer.Core.Tests.Stores;

/// <summary>
/// Reads the plans of the statements that lists are made of, where there are 200 000 tasks of a thousand people and one workspace of 100 000:
/// a list reads its own page from its own index and nobody else's rows.
/// </summary>
public sealed class TaskListPlanTests(PostgresFixture postgres)
{
    private const int Page = 20;

    private static readonly TaskSort[] Sorts = Enum.GetValues<TaskSort>();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_hot_list_reads_its_page_from_an_index_and_nothing_of_others()
    {
        await using var house = await House.BuildAsync(postgres);
        var (big, _) = await house.MoveInAsync("big@example.com");
        var (small, _) = await house.MoveInAsync("small@example.com");
        await FillAsync(house, big.WorkspaceId, small.WorkspaceId);

        foreach (var caller in new[] { big, small })
        {
            var name = caller == big ? "the workspace of 100 000" : "a workspace of 200";
            foreach (var (sort, reversed) in Sorts.SelectMany(sort => new[] { (sort, false), (sort, true) }))
            {
                var filter = new TaskFilter { Sort = sort, Reversed = reversed };
                var what = $"{name}, by {sort}{(reversed ? " turned round" : "")}";
                // What is in no partial index is read whole; there is never more of it than this.
                var first = sort is TaskSort.Created or TaskSort.Number or TaskSort.Position ? 0 : Limits.TasksWithoutIndex;
                var middle = TaskCursor.At(await MiddleAsync(house, caller), sort, reversed, backwards: false);
                await AssertAsync(house, caller, filter, null, $"first page of {what}", first + 6 * Page);
                await AssertAsync(house, caller, filter with { State = TaskState.Done }, null, $"first done page of {what}", first + 12 * Page);
                await AssertAsync(house, caller, filter with { State = TaskState.Pending }, null, $"first pending page of {what}", first + 15 * Page);
                await AssertAsync(house, caller, filter with { IncludeDeleted = true }, null, $"first page with deleted ones of {what}", first + 6 * Page);
                await AssertAsync(house, caller, filter, middle, $"page in the middle of {what}", first + 6 * Page);
                await AssertAsync(house, caller, filter, middle with { Backwards = true }, $"page before the middle of {what}", first + 6 * Page);
            }
            // One task in 500 is somebody's; page and total read them once each.
            await AssertAsync(house, caller, new TaskFilter { Assignee = new AssigneeFilter(caller.WorkspaceId) }, null, $"first page of what somebody is to do in {name}", 500 + 2 * Page);
            await AssertAsync(
                house, caller, new TaskFilter { Assignee = new AssigneeFilter(caller.WorkspaceId), State = TaskState.Pending, Sort = TaskSort.Due }, null,
                $"first pending page of what somebody is to do in {name}, by due date", 2 * Limits.TasksWithoutIndex + 500);
            // The words are on one task in 101 and one in 103 of the workspace; together on ten. Page and total search once each.
            await AssertAsync(house, caller, new TaskFilter { Words = Search.Parse("alpha7 beta11") }, null, $"search in {name}", 2 * Limits.TasksWithoutIndex + 12 * Page);
            await AssertAsync(house, caller, new TaskFilter { Words = Search.Parse("bet11 alpha7") }, null, $"search for a prefix that is not there in {name}", 2 * Limits.TasksWithoutIndex + 2 * Page);
        }
    }

    /// <summary>Executes the list and reads what its plan did.</summary>
    private static async Task AssertAsync(House house, Caller caller, TaskFilter filter, TaskCursor? cursor, string what, int mostRows)
    {
        var request = new TaskListRequest(filter, Page, cursor is null ? 1 : null, null, WithTotal: cursor is null);
        var (prepared, _) = await house.Core.TaskList.CommandAsync(caller, request, cursor, null, Cancellation);
        await using var command = prepared;
        command.CommandText = "EXPLAIN (ANALYZE, FORMAT JSON) " + command.CommandText;
        var json = (string)(await command.ExecuteScalarAsync(Cancellation))!;
        var touched = 0.0;
        using var plan = JsonDocument.Parse(json);
        Visit(plan.RootElement[0].GetProperty("Plan"));
        Assert.True(touched <= mostRows, $"The {what} touches {touched} rows of tasks:\n{json}");

        void Visit(JsonElement node)
        {
            var type = node.GetProperty("Node Type").GetString()!;
            if (node.TryGetProperty("Relation Name", out var relation) && relation.GetString() == "tasks")
            {
                Assert.True(type is "Index Scan" or "Index Only Scan" or "Bitmap Heap Scan", $"The {what} has a {type}:\n{json}");
                var conditions = string.Join(' ', new[] { "Index Cond", "Recheck Cond" }.Select(member => node.TryGetProperty(member, out var condition) ? condition.GetString() : ""));
                Assert.True(conditions.Contains("workspace_id", StringComparison.Ordinal) || conditions.Contains("search @@", StringComparison.Ordinal), $"The {what} reads other workspaces:\n{json}");
                var loops = node.GetProperty("Actual Loops").GetDouble();
                touched += loops * node.GetProperty("Actual Rows").GetDouble();
                foreach (var removed in new[] { "Rows Removed by Filter", "Rows Removed by Index Recheck" })
                {
                    touched += node.TryGetProperty(removed, out var count) ? loops * count.GetDouble() : 0;
                }
            }
            if (node.TryGetProperty("Plans", out var children))
            {
                foreach (var child in children.EnumerateArray())
                {
                    Visit(child);
                }
            }
        }
    }

    private static async Task<TaskItem> MiddleAsync(House house, Caller caller)
    {
        var count = (await house.ColumnAsync<long>("SELECT last_task_number FROM workspaces WHERE workspace_id = $1", caller.WorkspaceId))[0];
        return House.Ok(await house.Core.Tasks.FindAsync(caller, new TaskRef(default, count / 2), Cancellation)).Task;
    }

    /// <summary>Rows as the program would have written them, made by the database because it is faster; every thirteenth is deleted, nine of ten are done.</summary>
    private static async Task FillAsync(House house, Guid big, Guid small)
    {
        // Indexes that are built over rows are there much sooner than indexes that are kept up row by row.
        var indexes = await house.ColumnAsync<string>("SELECT indexdef FROM pg_indexes WHERE tablename = 'tasks' AND indexname LIKE 'tasks%' AND indexdef NOT LIKE '%UNIQUE%' AND $1 IS NOT NULL", big);
        Assert.True(indexes.Count >= 8);
        foreach (var index in indexes)
        {
            await house.ExecuteAsync($"DROP INDEX {index.Split(' ')[2]}");
        }
        var tasks = (string workspaces, string count) => string.Create(CultureInfo.InvariantCulture, $"""
            INSERT INTO tasks (workspace_id, task_id, number, version, revision, title, state, priority, due_date, tag_ids, title_key, search, created_by, updated_at, deleted_at, position, assignee_id)
            SELECT w.id, (lpad(to_hex(1700000000000 + n * 1000 + w.k), 12, '0') || '7' || substr(md5(w.id::text || n), 1, 3) || '8' || substr(md5(n || w.id::text), 1, 15))::uuid,
                   n, 1, n, 'Task ' || n, CASE WHEN n % 10 < 9 THEN 1 ELSE 0 END, n % 4, CASE WHEN n % 3 > 0 THEN timestamptz '2030-01-01Z' + n * interval '1 hour' END, ARRAY[]::uuid[],
                   'task ' || md5(n::text),
                   array_to_tsvector(ARRAY[right(replace(w.id::text, '-', ''), 8) || 'task', right(replace(w.id::text, '-', ''), 8) || 'alpha' || n % 101,
                                           right(replace(w.id::text, '-', ''), 8) || 'beta' || n % 103]),
                   w.id, timestamptz '2026-01-01Z' + n * interval '1 second', CASE WHEN n % 13 = 0 THEN timestamptz '2026-06-01Z' END,
                   CASE WHEN n % 7 = 0 THEN chr(96 + length(to_hex(n))) || to_hex(n) || 'ii' END, CASE WHEN n % 500 = 0 THEN w.id END
              FROM ({workspaces}) w(id, k), generate_series(1, {count}) n ORDER BY n
            """);
        // In parts, none of which runs into the time that a statement has where the machine is busy.
        foreach (var (first, last) in new[] { (1, 200), (201, 400), (401, 600), (601, 800), (801, 999) })
        {
            await house.ExecuteAsync(tasks(
                string.Create(CultureInfo.InvariantCulture, $"SELECT (lpad(to_hex(k), 8, '0') || '-0000-7000-8000-' || substr(md5(k::text), 1, 12))::uuid, k FROM generate_series({first}, {last}) k"), "200"));
        }
        await house.ExecuteAsync(tasks($"VALUES ('{small}'::uuid, 0)", "200"));
        await house.ExecuteAsync(tasks($"VALUES ('{big}'::uuid, 0)", "100000"));
        foreach (var index in indexes)
        {
            await house.ExecuteAsync(index);
        }
        await house.ExecuteAsync("""
            UPDATE workspaces w SET last_task_number = c.n, pending_tasks = c.pending, done_tasks = c.done, deleted_tasks = c.deleted
              FROM (SELECT workspace_id, count(*) n, count(*) FILTER (WHERE deleted_at IS NULL AND state = 0) pending,
                           count(*) FILTER (WHERE deleted_at IS NULL AND state = 1) done, count(*) FILTER (WHERE deleted_at IS NOT NULL) deleted FROM tasks GROUP BY 1) c
             WHERE c.workspace_id = w.workspace_id
            """);
        await house.ExecuteAsync("ANALYZE tasks");
    }
}
