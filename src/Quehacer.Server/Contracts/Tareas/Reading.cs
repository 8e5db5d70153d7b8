using System.Globalization;
using System.Text;
using System.Text.Json;
using Quehacer.Core;
using Quehacer.Core.Accounts;
using Quehacer.Core.Labels;
using Quehacer.Core.Tasks;
using static Quehacer.Server.Http.JsonValues;
using Text = Quehacer.Core.Text;

namespace Quehacer.Server.Contracts.Tareas;

/// <summary>
/// Reads 003's request bodies member by member, so that an absent member differs from a null and every fault is found at once. For what is optional an
/// empty string says the same as null, as forms send it.
/// </summary>
internal static class Reading
{
    public static TaskEdit Task(JsonElement? body)
    {
        var edit = new TaskEdit { HighCoversCritical = true };
        var faults = new List<FieldError>();
        Edit<Guid[]> otherwiseSpelled = default;
        foreach (var (name, value) in Members(body, faults))
        {
            switch (name)
            {
                case "title":
                    edit = edit with { Title = Name(value) };
                    break;
                case "description":
                    edit = edit with { Description = IsNothing(value) ? (string?)null : OptionalText(value) };
                    break;
                case "completed":
                    edit = edit with
                    {
                        State = value.ValueKind switch
                        {
                            JsonValueKind.True => TaskState.Done,
                            JsonValueKind.False => TaskState.Pending,
                            _ => Edit<TaskState>.Malformed(FieldFault.NotABoolean),
                        },
                    };
                    break;
                case "priority":
                    edit = edit with { Priority = IsNothing(value) ? TaskPriority.Medium : OneOf<TaskPriority>(value, Words.Priorities) };
                    break;
                case "dueDate":
                    edit = edit with { DueDate = OptionalTime(value) };
                    break;
                case "categoryId":
                    edit = edit with { CategoryId = IsNothing(value) ? (Guid?)null : OptionalId(value, Ids.CategoryPrefix) };
                    break;
                case "tagsId":
                    edit = edit with { TagIds = TagIds(value) };
                    break;
                case "tagIds":
                    otherwiseSpelled = TagIds(value);
                    break;
            }
        }
        return edit with { TagIds = edit.TagIds.IsPresent ? edit.TagIds : otherwiseSpelled, Faults = faults };
    }

    /// <summary>003's tags have no colours, so none is read for them.</summary>
    public static LabelEdit Label(JsonElement? body, LabelKind kind)
    {
        var edit = new LabelEdit();
        var faults = new List<FieldError>();
        foreach (var (name, value) in Members(body, faults))
        {
            switch (name)
            {
                case "name":
                    edit = edit with { Name = Name(value) };
                    break;
                case "color" when kind == LabelKind.Category:
                    edit = edit with { Color = IsNothing(value) ? (string?)null : OptionalColor(value) };
                    break;
            }
        }
        return edit with { Faults = faults };
    }

    /// <summary>A registration, by 003's rules for names and passwords beside those that hold for all accounts.</summary>
    public static AccountEdit Registration(JsonElement? body)
    {
        // Who sends no password is told the least that one has.
        var edit = new AccountEdit { Password = Edit<string>.Malformed(FieldFault.TooShort) };
        var faults = new List<FieldError>();
        foreach (var (name, value) in Members(body, faults))
        {
            switch (name)
            {
                case "email":
                    edit = edit with { Email = Name(value) };
                    break;
                case "name":
                    edit = edit with { Name = Name(value) };
                    break;
                case "password":
                    edit = edit with { Password = value.ValueKind == JsonValueKind.String ? Raw(value) : edit.Password };
                    break;
            }
        }
        if (!faults.Exists(fault => fault.Field == Field.Body))
        {
            if (!edit.Name.Or("").EnumerateRunes().All(IsOfName))
            {
                faults.Add(new FieldError(Field.Name, FieldFault.NotLetters));
            }
            if (edit.Password.IsSet && Text.Characters(edit.Password.Value) >= Limits.PasswordMinCharacters && !IsMixed(edit.Password.Value))
            {
                faults.Add(new FieldError(Field.Password, FieldFault.TooSimple));
            }
        }
        return edit with { Faults = faults };
    }

    public static Result<(string Email, string Password)> Login(JsonElement? body)
    {
        var faults = new List<FieldError>();
        var (email, password) = (default(Edit<string>), default(Edit<string>));
        foreach (var (name, value) in Members(body, faults))
        {
            switch (name)
            {
                case "email":
                    email = Name(value);
                    break;
                case "password":
                    password = Raw(value);
                    break;
            }
        }
        if (faults.Count == 0 && !AccountEdit.IsEmail(email.Or("")))
        {
            faults.Add(new FieldError(Field.Email, FieldFault.NotAnEmail));
        }
        if (!faults.Exists(fault => fault.Field == Field.Body) && password.Or("").Length == 0)
        {
            faults.Add(new FieldError(Field.Password, FieldFault.Required));
        }
        return faults.Count > 0 ? Error.Invalid(faults) : (email.Value, password.Value);
    }

    private static Edit<DateTime?> OptionalTime(JsonElement value)
    {
        if (IsNothing(value))
        {
            return (DateTime?)null;
        }
        return value.ValueKind == JsonValueKind.String && TryGetString(value, out var text) && Iso8601.TryParse(text, out var time)
            ? time
            : Edit<DateTime?>.Malformed(FieldFault.NotADate);
    }

    private static Edit<Guid[]> TagIds(JsonElement value)
    {
        if (IsNothing(value))
        {
            return Array.Empty<Guid>();
        }
        if (value.ValueKind != JsonValueKind.Array)
        {
            return Edit<Guid[]>.Malformed(FieldFault.NotAnArray);
        }
        var ids = new List<Guid>();
        foreach (var element in value.EnumerateArray())
        {
            if (OptionalId(element, Ids.TagPrefix).Or(null) is not { } id)
            {
                return Edit<Guid[]>.Malformed(FieldFault.NotAnId);
            }
            ids.Add(id);
        }
        var distinct = ids.Distinct().ToArray();
        return distinct.Length > Tareas.TaskLimits.Tags ? Edit<Guid[]>.Malformed(FieldFault.TooMany) : distinct;
    }

    private static bool IsNothing(JsonElement value) =>
        value.ValueKind == JsonValueKind.Null || (value.ValueKind == JsonValueKind.String && value.ValueEquals(ReadOnlySpan<byte>.Empty));

    /// <summary>Letters of any script, with the marks that some of them are written with, and spaces.</summary>
    private static bool IsOfName(Rune rune) => rune.Value == ' ' || Rune.IsLetter(rune)
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;

    private static bool IsMixed(string password) => password.Any(char.IsLower) && password.Any(char.IsUpper) && password.Any(char.IsDigit);
}
