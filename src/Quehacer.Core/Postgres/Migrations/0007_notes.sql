-- What people say about a task. A note is read by its task and never without it; whoever deletes a task for good takes its notes along.
CREATE TABLE notes (
  workspace_id uuid NOT NULL,
  note_id      uuid NOT NULL,
  task_id      uuid NOT NULL,
  author_id    uuid NOT NULL,
  text         text NOT NULL,
  version      integer NOT NULL,
  revision     bigint NOT NULL,
  updated_at   timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, note_id)
);
-- In the order of their making: a UUIDv7 begins with its time.
CREATE INDEX notes_of_task ON notes (workspace_id, task_id, note_id);
