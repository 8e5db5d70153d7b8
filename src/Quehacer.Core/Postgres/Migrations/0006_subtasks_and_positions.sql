-- Subtasks. A task that is not deleted never has a parent that is: when a parent is deleted, its children lose it by events of their own, and
-- former_parent_id remembers to whom they return when it is restored.
-- How many children a task has and how many of them are done stands on its own row, kept by whatever writes the children, so that showing it
-- costs no read. subtasks_changed_at is when these last changed: the version of the parent does not rise by it.
ALTER TABLE tasks
  ADD COLUMN parent_id           uuid,
  ADD COLUMN former_parent_id    uuid,
  ADD COLUMN subtask_count       integer NOT NULL DEFAULT 0,
  ADD COLUMN subtasks_done       integer NOT NULL DEFAULT 0,
  ADD COLUMN subtasks_changed_at timestamptz,
  -- The place in the order by hand. Null for a task that was never moved, whose place follows from its number: so making a task costs nothing.
  ADD COLUMN position            text COLLATE "C";

-- Who has no parent and was never moved is in none of these.
CREATE INDEX tasks_by_parent ON tasks (workspace_id, parent_id, task_id) WHERE parent_id IS NOT NULL;
CREATE INDEX tasks_by_former_parent ON tasks (workspace_id, former_parent_id) WHERE former_parent_id IS NOT NULL;
CREATE INDEX tasks_by_position ON tasks (workspace_id, state, position, task_id) WHERE position IS NOT NULL;
