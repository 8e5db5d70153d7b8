-- One index for every order a list can have, each ending in the id, so that a page begins where a cursor says and reads only its own rows.
-- They begin with the state, because the list that people look at most is what is still to be done, and what has been done piles up: ordered
-- by due date, say, years of done tasks would lie before the first pending one. A list of all states merges two.
-- They hold deleted tasks too, because a list may ask for them, and they are gone after some weeks.
-- The first 500 tasks of a workspace are in none of the orders that are not the usual one, and not in the search index: so many are read and
-- sorted at once, and most workspaces never pay for an index at all. TaskList knows the number.

ALTER TABLE labels ALTER COLUMN kind DROP DEFAULT, ALTER COLUMN sort_key DROP DEFAULT, ALTER COLUMN words DROP DEFAULT;
ALTER TABLE tasks ALTER COLUMN title_key DROP DEFAULT, ALTER COLUMN search DROP DEFAULT;

CREATE INDEX labels_by_name ON labels (workspace_id, kind, sort_key, label_id) WHERE merged_into IS NULL;

DROP INDEX tasks_by_state, tasks_by_update, tasks_by_priority;
CREATE INDEX tasks_by_state ON tasks (workspace_id, state, task_id);
CREATE INDEX tasks_by_update ON tasks (workspace_id, state, updated_at, task_id) WHERE number > 500;
CREATE INDEX tasks_by_priority ON tasks (workspace_id, state, priority, task_id) WHERE number > 500;
CREATE INDEX tasks_by_title ON tasks (workspace_id, state, title_key, task_id) WHERE number > 500;
-- Undated tasks come last in both directions.
CREATE INDEX tasks_by_due ON tasks (workspace_id, state, (coalesce(due_date, 'infinity'::timestamptz)), task_id) WHERE number > 500;
CREATE INDEX tasks_by_due_last ON tasks (workspace_id, state, (coalesce(due_date, '-infinity'::timestamptz)), task_id) WHERE number > 500;
CREATE INDEX tasks_by_category ON tasks (workspace_id, category_id, task_id) WHERE category_id IS NOT NULL;
-- Words and tags. Every entry begins with its workspace or is a tag's own id, so one workspace's search never reads another's entries; and
-- nothing waits in a pending list, which every search would have to read whole.
CREATE INDEX tasks_by_words ON tasks USING gin (search) WITH (fastupdate = off) WHERE number > 500;
