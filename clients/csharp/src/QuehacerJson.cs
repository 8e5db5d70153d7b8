using System.Text.Json;
using System.Text.Json.Serialization;

namespace Quehacer.Client;

/// <summary>How everything is read and written: by code that the compiler made, without reflection. Unknown members are ignored; absent ones are not written.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    Converters =
    [
        typeof(WordConverter<TaskState>), typeof(WordConverter<TaskPriority>), typeof(WordConverter<BatchOp>), typeof(WordConverter<SubtaskFate>),
        typeof(WordConverter<TransferFate>), typeof(WordConverter<ListEnd>), typeof(OptionalConverter<string>), typeof(OptionalConverter<int>),
        typeof(OptionalConverter<TaskState>), typeof(OptionalConverter<TaskPriority>), typeof(OptionalConverter<DateTimeOffset?>), typeof(OptionalConverter<string[]>),
    ])]
[JsonSerializable(typeof(TaskItem))]
[JsonSerializable(typeof(TaskList))]
[JsonSerializable(typeof(NewTask))]
[JsonSerializable(typeof(TaskChange))]
[JsonSerializable(typeof(TasksChange))]
[JsonSerializable(typeof(BulkResult))]
[JsonSerializable(typeof(TaskCondition))]
[JsonSerializable(typeof(Workspace))]
[JsonSerializable(typeof(WorkspaceList))]
[JsonSerializable(typeof(NewWorkspace))]
[JsonSerializable(typeof(WorkspaceChange))]
[JsonSerializable(typeof(TaskCompletion))]
[JsonSerializable(typeof(TaskMove))]
[JsonSerializable(typeof(TaskTransfer))]
[JsonSerializable(typeof(Batch))]
[JsonSerializable(typeof(BatchResults))]
[JsonSerializable(typeof(Label))]
[JsonSerializable(typeof(CategoryList))]
[JsonSerializable(typeof(TagList))]
[JsonSerializable(typeof(NewLabel))]
[JsonSerializable(typeof(LabelChange))]
[JsonSerializable(typeof(TagMerge))]
[JsonSerializable(typeof(Note))]
[JsonSerializable(typeof(NoteList))]
[JsonSerializable(typeof(NewNote))]
[JsonSerializable(typeof(NoteChange))]
[JsonSerializable(typeof(User))]
[JsonSerializable(typeof(Tokens))]
[JsonSerializable(typeof(AccountChange))]
[JsonSerializable(typeof(Registration))]
[JsonSerializable(typeof(ApiKey))]
[JsonSerializable(typeof(ApiKeyList))]
[JsonSerializable(typeof(NewApiKey))]
[JsonSerializable(typeof(Login))]
[JsonSerializable(typeof(Refresh))]
[JsonSerializable(typeof(SessionList))]
[JsonSerializable(typeof(EmailAddress))]
[JsonSerializable(typeof(OneTimeToken))]
[JsonSerializable(typeof(PasswordReset))]
[JsonSerializable(typeof(PasswordChange))]
[JsonSerializable(typeof(EmailChange))]
[JsonSerializable(typeof(MfaRequired))]
[JsonSerializable(typeof(CodeSent))]
[JsonSerializable(typeof(Factors))]
[JsonSerializable(typeof(Factor))]
[JsonSerializable(typeof(TotpSetup))]
[JsonSerializable(typeof(RecoveryCodes))]
[JsonSerializable(typeof(LoginCode))]
[JsonSerializable(typeof(LoginCodeLetter))]
[JsonSerializable(typeof(CodeLogin))]
[JsonSerializable(typeof(CurrentPassword))]
[JsonSerializable(typeof(TotpCode))]
[JsonSerializable(typeof(FactorProof))]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(DateTimeOffset?))]
[JsonSerializable(typeof(string[]))]
internal sealed partial class QuehacerJson : JsonSerializerContext;

/// <summary>An enum as the words of the API.</summary>
internal sealed class WordConverter<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where T : struct, Enum;
