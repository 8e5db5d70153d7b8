-- Who looks at a workspace just now, a row for each subscription that says so. A row lives for half a minute unless its server says again that it is so. Nothing of it
-- need outlive a crash: the table is not logged, and what a crash has emptied, the servers fill again. Nothing but the key is indexed, so that saying it again changes
-- a row in place.
CREATE UNLOGGED TABLE presence (
  workspace_id uuid        NOT NULL,
  user_id      uuid        NOT NULL,
  look_id      uuid        NOT NULL,
  session_id   uuid        NOT NULL,
  since        timestamptz NOT NULL,
  seen_at      timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, user_id, look_id)
) WITH (fillfactor = 50);
