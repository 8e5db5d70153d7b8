-- When the row of the workspace itself went; null before. Some minutes later nothing is under way any more that had seen it.
ALTER TABLE dropped_workspaces ADD COLUMN gone_at timestamptz;
