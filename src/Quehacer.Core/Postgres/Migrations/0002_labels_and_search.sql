-- Categories come beside tags and are kept the same way: one table of labels. Rows that exist already are filled in by the program, which
-- alone knows the fold (Postgres/Folding.cs); the next migration builds the indexes over what it filled in.

ALTER TABLE tags RENAME TO labels;
ALTER TABLE labels RENAME COLUMN tag_id TO label_id;
ALTER INDEX tags_pkey RENAME TO labels_pkey;
ALTER TABLE labels DROP CONSTRAINT tags_workspace_id_name_key_key;
ALTER TABLE labels
  ADD COLUMN kind        smallint NOT NULL DEFAULT 0,
  ADD COLUMN color       text,
  -- The order of lists: without case and accents.
  ADD COLUMN sort_key    text COLLATE "C" NOT NULL DEFAULT '',
  ADD COLUMN words       tsvector NOT NULL DEFAULT '',
  -- A tag that was merged into another stays as a pointer for the tasks that carry it, and gives up its name.
  ADD COLUMN merged_into uuid,
  ADD COLUMN updated_at  timestamptz,
  ALTER COLUMN name_key DROP NOT NULL,
  ADD UNIQUE (workspace_id, kind, name_key);
UPDATE labels l SET updated_at = e.at FROM events e WHERE e.workspace_id = l.workspace_id AND e.revision = l.revision;
ALTER TABLE labels ALTER COLUMN updated_at SET NOT NULL;
CREATE INDEX labels_merged ON labels (workspace_id, merged_into) WHERE merged_into IS NOT NULL;

-- Like tag_ids, category_id may name a label that is gone: labels are looked up when a task is shown, so that deleting, merging or renaming
-- one is a single event and never a rewrite of its tasks.
ALTER TABLE tasks
  ADD COLUMN category_id uuid,
  ADD COLUMN title_key   text COLLATE "C" NOT NULL DEFAULT '',
  ADD COLUMN search      tsvector NOT NULL DEFAULT '';
