using Npgsql;
using Quehacer.Core.Events;
using Quehacer.Core.Postgres;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Labels;

/// <summary>
/// Changes categories and tags, a method per verb. Labels change seldom and every name is compared with all others, so a verb takes the
/// workspace's lock before it reads: what it decides on cannot change, and costs two round trips.
/// </summary>
public sealed class LabelWriter(Database database, LabelReader reader, TimeProvider time)
{
    /// <summary>What the labels that a verb names come to under the lock; merged tags are not there.</summary>
    /// <param name="Label">The label to change; null when it is to be made.</param>
    /// <param name="Into">The tag to merge it into.</param>
    /// <param name="Namesake">The one that has the name which the verb gives.</param>
    private readonly record struct Found(Label? Label, Label? Into, Label? Namesake);

    /// <param name="Target">The label to change; null to make one.</param>
    private sealed record Verb(Caller Caller, LabelKind Kind, Guid? Target, Precondition Precondition, IdempotencyKey? Key, Func<Found, Result<LabelEvent[]>> Decide)
    {
        /// <summary>The name that the label shall have.</summary>
        public string? Name { get; init; }

        public Guid? Into { get; init; }
    }

    /// <summary>Makes a label. Its name must be free (<see cref="ErrorCode.NameTaken"/>), whatever its case.</summary>
    /// <param name="nameCharacters">The longest name that the contract of the request takes.</param>
    public Task<Result<Answered<LabelView>>> CreateAsync(
        Caller caller, LabelKind kind, LabelEdit edit, int nameCharacters, IdempotencyKey? key, CancellationToken cancellation) =>
        WriteAsync(
            new Verb(caller, kind, Target: null, Precondition.None, key, found => Label.Create(edit, nameCharacters, found.Namesake)) { Name = edit.Name.IsSet ? edit.Name.Value : null },
            cancellation);

    /// <summary>Changes the members that the edit names and no others; tasks show it at once.</summary>
    /// <param name="nameCharacters">The longest name that the contract of the request takes.</param>
    public Task<Result<Answered<LabelView>>> ChangeAsync(
        Caller caller, LabelKind kind, Guid id, LabelEdit edit, int nameCharacters, Precondition precondition, IdempotencyKey? key, CancellationToken cancellation) =>
        WriteAsync(
            new Verb(caller, kind, id, precondition, key, found => found.Label!.Change(edit, nameCharacters, found.Namesake)) { Name = edit.Name.IsSet ? edit.Name.Value : null },
            cancellation);

    /// <summary>Deletes a label for good; its tasks stay, without it. The answer is the label as it was.</summary>
    public Task<Result<Answered<LabelView>>> DeleteAsync(
        Caller caller, LabelKind kind, Guid id, Precondition precondition, IdempotencyKey? key, CancellationToken cancellation) =>
        WriteAsync(new Verb(caller, kind, id, precondition, key, _ => new LabelEvent[] { new LabelEvent.Deleted() }), cancellation);

    /// <summary>Makes two tags one: whoever carries this tag carries the other from now on, and its name is free. The answer is the other tag.</summary>
    public Task<Result<Answered<LabelView>>> MergeAsync(
        Caller caller, Guid tagId, Guid into, Precondition precondition, IdempotencyKey? key, CancellationToken cancellation) =>
        WriteAsync(new Verb(caller, LabelKind.Tag, tagId, precondition, key, found => found.Label!.MergeInto(found.Into)) { Into = into }, cancellation);

    private async Task<Result<Answered<LabelView>>> WriteAsync(Verb verb, CancellationToken cancellation)
    {
        var now = time.NowUtc();
        var newId = Ids.New(now);
        var caller = verb.Caller;
        await using var connection = await database.OpenAsync(cancellation);
        await using var write = new LockedWrite(database, connection, caller, verb.Key);
        var found = default(Found);
        var opened = await write.OpenAsync("w.revision", AddReading, ReadAsync, now, cancellation);
        if (!opened.IsOk)
        {
            return opened.Error;
        }
        if (!opened.Value)
        {
            return await ReplayAsync(verb, cancellation) ?? new Error(ErrorCode.Busy);
        }
        var decision = Decide(verb, found, now);
        if (!decision.IsOk)
        {
            await write.RollBackAsync();
            return decision.Error;
        }

        Label After(LabelEvent labelEvent, DateTime at) => Label.Apply(
            found.Label, verb.Kind, labelEvent, new EventStamp(found.Label?.Id ?? newId, (found.Label?.Version ?? 0) + 1, Number: null, caller.UserId, at));
        // A decision about a label has one event or none.
        var change = decision.Value.SingleOrDefault();
        var after = change is null ? found.Label! : After(change, now);
        // The answer to a merge is the other tag, which the merge does not touch.
        var answer = found.Into ?? after;
        var written = await write.CommitAsync((answer.Id, answer.Version, null), AddWriting, cancellation);
        if (!written.IsOk)
        {
            return written.Error;
        }
        return new Answered<LabelView>(reader.View(change is null || found.Into is not null ? answer : After(change, written.Value.ChangedAt)), IsReplay: false);

        void AddReading(WorkspaceBatch batch) => batch.Add($"""
            SELECT {LabelTable.Columns}, coalesce(l.name_key = $5, false)
              FROM labels l WHERE l.workspace_id = $1 AND l.kind = $2 AND l.merged_into IS NULL AND (l.label_id = $3 OR l.label_id = $4 OR l.name_key = $5)
            """)
            .With(caller.WorkspaceId).With((short)verb.Kind).WithId(verb.Target).WithId(verb.Into).WithText(verb.Name is null ? null : Text.NameKey(verb.Name));

        async Task ReadAsync(NpgsqlDataReader rows)
        {
            await rows.NextResultAsync(CancellationToken.None);
            while (await rows.ReadAsync(CancellationToken.None))
            {
                var label = LabelTable.Read(rows, 0);
                found = new Found(
                    label.Id == verb.Target ? label : found.Label, label.Id == verb.Into ? label : found.Into, rows.GetBoolean(6) ? label : found.Namesake);
            }
        }

        void AddWriting(WorkspaceBatch batch)
        {
            if (change is not null)
            {
                batch.Advance(caller, events: 1, default, now, onlyWithLabels: null);
                AddChange(batch, caller, after, change);
            }
        }
    }

    private Result<LabelEvent[]> Decide(Verb verb, Found found, DateTime now)
    {
        if (verb.Target is not null)
        {
            if (found.Label is not { } label)
            {
                return ErrorCode.NotFound;
            }
            if (verb.Precondition.Refuse(reader.View(label).Tag, label.UpdatedAt, now) is { } refusal)
            {
                return refusal;
            }
        }
        return verb.Decide(found);
    }

    private static void AddChange(WorkspaceBatch batch, Caller caller, Label after, LabelEvent change)
    {
        switch (change)
        {
            case LabelEvent.Created:
                LabelTable.AddNew(batch, caller, after.Id, after.Kind, after.Name, after.Color, following: 0);
                break;
            case LabelEvent.Updated updated:
                LabelTable.AddChanged(batch, caller, after, updated);
                break;
            case LabelEvent.Merged merged:
                LabelTable.AddMerged(batch, caller, after, merged);
                break;
            case LabelEvent.Deleted deleted:
                LabelTable.AddDeleted(batch, caller, after, deleted);
                break;
            default:
                throw new InvalidOperationException($"An event that no row follows: {change.GetType().Name}.");
        }
    }

    /// <summary>What was done under the key: the label that was answered, rendered from the log as of the version it had; null when nothing was.</summary>
    private async Task<Result<Answered<LabelView>>?> ReplayAsync(Verb verb, CancellationToken cancellation)
    {
        var found = await Idempotency.FindAsync(database, verb.Caller, verb.Key!, cancellation);
        if (found.Error is { } error)
        {
            return error;
        }
        if (found.Value is not { } done)
        {
            return null;
        }
        Label? label = null;
        foreach (var stored in await EventLog.ReadStreamAsync(database, verb.Caller.WorkspaceId, done.StreamId!.Value, done.Version!.Value, cancellation))
        {
            label = Label.Apply(label, verb.Kind, LabelEvent.FromStored(stored), stored.Stamp);
        }
        return new Answered<LabelView>(reader.View(label!), IsReplay: true);
    }
}
