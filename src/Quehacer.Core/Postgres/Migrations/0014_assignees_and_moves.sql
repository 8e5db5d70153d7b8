-- Who is to do a task: somebody who was a member of its workspace when it was said. Whoever leaves stays named.
ALTER TABLE tasks ADD COLUMN assignee_id uuid;
-- A task that is nobody's is not in it.
CREATE INDEX tasks_by_assignee ON tasks (workspace_id, assignee_id, task_id) WHERE assignee_id IS NOT NULL;

-- What happened to a task, or to a note, before it came into the workspace where it is now: the events of its stream up to the one by which it
-- came. They go along when it moves on, and what they said is in no other place: the log that they are of keeps that they were, and when.
CREATE TABLE carried_events (
  workspace_id uuid NOT NULL,
  stream_id    uuid NOT NULL,
  version      integer NOT NULL,
  type         text NOT NULL,
  number       bigint,
  data         jsonb,
  before       jsonb,
  actor_id     uuid NOT NULL,
  at           timestamptz NOT NULL,
  request_id   text,
  PRIMARY KEY (workspace_id, stream_id, version)
);
