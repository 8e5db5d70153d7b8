// The quick start as a program: dotnet run --project clients/csharp/example -- http://localhost:3000
using Quehacer.Client;

var address = new Uri(args is [var given, ..] ? given : "http://localhost:3000");
var email = $"ana-{Guid.NewGuid()}@example.com";
const string password = "long enough to remember";

using var quehacer = new QuehacerClient(address);
await quehacer.RegisterAsync(email, "Ana", password);
var tokens = await quehacer.LogInAsync(email, password);
Console.WriteLine($"logged in: {tokens.User.Name}");

var milk = await quehacer.CreateTaskAsync(new() { Title = "Buy milk", Priority = TaskPriority.High, Tags = ["home"] });
await quehacer.CreateTaskAsync(new() { Title = "Order beans" });
await quehacer.CreateTaskAsync(new() { Title = "Call Luis", Priority = TaskPriority.Low });

var urgent = new TaskQuery { Status = TaskState.Pending, Priority = [TaskPriority.High, TaskPriority.Medium], Sort = TaskSort.Priority, Limit = 1 };
await foreach (var task in quehacer.EnumerateTasksAsync(urgent))
{
    Console.WriteLine($"listed: {task.Title}");
}

var changed = await quehacer.ChangeTaskAsync(milk.Id, new() { Title = "Buy two bottles of milk" }, ifMatch: milk.ETag);
Console.WriteLine($"changed: {changed.Title}");

try
{
    // The same condition again, as somebody would who has not seen the change.
    await quehacer.ChangeTaskAsync(milk.Id, new() { Title = "Buy oat milk" }, ifMatch: milk.ETag);
}
catch (PreconditionFailedException late)
{
    Console.WriteLine($"refused: {late.Status} {late.Code}, and it is still as it was changed: {late.CurrentETag == changed.ETag}");
}

var completed = await quehacer.CompleteTaskAsync(milk.Id);
Console.WriteLine($"completed: {completed.Status}");

await quehacer.DeleteTaskAsync(milk.Id);
try
{
    await quehacer.GetTaskAsync(milk.Id);
}
catch (ProblemException gone)
{
    Console.WriteLine($"looked for: {gone.Status}");
}

var restored = await quehacer.RestoreTaskAsync(milk.Id);
Console.WriteLine($"restored: {restored.Title}");
