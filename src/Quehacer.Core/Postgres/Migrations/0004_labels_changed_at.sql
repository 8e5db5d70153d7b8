-- When the labels of a workspace last changed what its tasks look like: the time beside labels_revision, for the date of a task that was
-- renamed by its tag. Null where that never happened.
ALTER TABLE workspaces ADD COLUMN labels_changed_at timestamptz;
UPDATE workspaces w SET labels_changed_at = e.at FROM events e WHERE e.workspace_id = w.workspace_id AND e.revision = w.labels_revision;
