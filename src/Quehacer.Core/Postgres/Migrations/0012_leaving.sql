-- Accounts are deleted in two steps: asked for, which ends all that opens them, and done when the time is over. The row stays, emptied, because ids
-- of people stand in the logs of workspaces that are not theirs alone.
ALTER TABLE accounts
  -- Null but for an account that is to be deleted, or is being deleted: what has deleted_at and this is not gone whole yet.
  ADD COLUMN deletion_due_at   timestamptz,
  -- In which the last letter is written.
  ADD COLUMN deletion_language smallint,
  ADD COLUMN deleted_at        timestamptz;
CREATE INDEX accounts_to_delete ON accounts (deletion_due_at) WHERE deletion_due_at IS NOT NULL;

-- Workspaces that nobody has any more. Their rows go a piece at a time, and the row here goes with the last of them.
CREATE TABLE dropped_workspaces (
  workspace_id uuid PRIMARY KEY,
  dropped_at   timestamptz NOT NULL
);
