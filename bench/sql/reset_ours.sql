-- Takes the product's tables back to what the seed made, as reset_yardstick.sql does with the others, so that every run meets the same sizes.
-- Only a benchmark may do this: a revision is handed out twice.
begin;
-- What was under way when its client was stopped is finished first, or it would be reset by half.
lock table workspaces in exclusive mode;
delete from tasks t using bench.seeded s where t.workspace_id = s.workspace_id and t.number > s.last_task_number;
delete from events e using bench.seeded s where e.workspace_id = s.workspace_id and e.revision > s.revision;
truncate idempotency_keys;
update workspaces w
   set revision = s.revision, last_task_number = s.last_task_number, pending_tasks = s.pending_tasks, done_tasks = s.done_tasks,
       deleted_tasks = s.deleted_tasks, changed_at = s.changed_at
  from bench.seeded s where w.workspace_id = s.workspace_id and w.revision > s.revision;
commit;
vacuum tasks;
vacuum events;
vacuum workspaces;
checkpoint;
