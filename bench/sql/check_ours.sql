-- What must hold of a seeded database; gives a row for every workspace of which something does not.
select w.workspace_id
  from workspaces w
  left join (select workspace_id, count(*) events, min(revision) first, max(revision) last, max(at) at from events group by 1) e using (workspace_id)
  left join (select workspace_id, count(*) tasks, max(number) last, count(*) filter (where state = 0) pending, count(*) filter (where state = 1) done
               from tasks where deleted_at is null group by 1) t using (workspace_id)
 where (w.revision, w.revision, 1, w.changed_at) is distinct from (e.events, e.last, e.first, e.at)
    or (w.last_task_number, w.last_task_number, w.pending_tasks, w.done_tasks, 0) is distinct from (t.tasks, t.last, t.pending, t.done, w.deleted_tasks)
union all
select t.workspace_id
  from tasks t
  left join (select workspace_id, stream_id, count(*) events, max(version) version, max(revision) revision, max(at) at, max(number) number
               from events group by 1, 2) e on e.workspace_id = t.workspace_id and e.stream_id = t.task_id
 where (t.version, t.version, t.revision, t.updated_at, t.number) is distinct from (e.events, e.version, e.revision, e.at, e.number)
union all
select t.workspace_id from tasks t, unnest(t.tag_ids) tag where not exists (select from labels g where g.workspace_id = t.workspace_id and g.label_id = tag)
union all
select g.workspace_id from labels g left join events e on e.workspace_id = g.workspace_id and e.stream_id = g.label_id and e.version = g.version
 where g.revision is distinct from e.revision;
