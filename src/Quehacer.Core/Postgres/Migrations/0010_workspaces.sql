-- Workspaces that are shared. Whose a workspace is stands on its row, where the statements that read and write it look, and again among its
-- members, so that one table says who is in it. Both follow from the log, like all else here.
ALTER TABLE workspaces
  ADD COLUMN name             text NOT NULL DEFAULT 'Personal',
  -- Made at registration, and nobody's but their owner's.
  ADD COLUMN is_personal      boolean NOT NULL DEFAULT true,
  -- Since when nothing in it is changed any more; null while it is in use.
  ADD COLUMN archived_at      timestamptz,
  -- Of the workspace itself: its name, and whether it is in use. What happens in it does not count.
  ADD COLUMN version          integer NOT NULL DEFAULT 1,
  -- The last change of who is in it and what they may do, which every change by somebody else than the owner rests on.
  ADD COLUMN members_revision bigint NOT NULL DEFAULT 0,
  ADD COLUMN member_count     integer NOT NULL DEFAULT 1,
  -- When the name, the use or the members last changed.
  ADD COLUMN updated_at       timestamptz;
UPDATE workspaces w SET updated_at = e.at FROM events e WHERE e.workspace_id = w.workspace_id AND e.revision = 1;
UPDATE workspaces SET updated_at = changed_at WHERE updated_at IS NULL;
ALTER TABLE workspaces
  ALTER COLUMN name DROP DEFAULT, ALTER COLUMN is_personal DROP DEFAULT, ALTER COLUMN updated_at SET NOT NULL;

CREATE TABLE members (
  workspace_id uuid NOT NULL,
  user_id      uuid NOT NULL,
  -- 10 sees, 20 changes as well, 30 owns. Room is left between.
  role         smallint NOT NULL,
  -- Of the events of this member; none tells of who made the workspace.
  version      integer NOT NULL,
  revision     bigint NOT NULL,
  joined_at    timestamptz NOT NULL,
  updated_at   timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, user_id)
);
CREATE INDEX members_of_user ON members (user_id, workspace_id);
INSERT INTO members (workspace_id, user_id, role, version, revision, joined_at, updated_at)
SELECT workspace_id, owner_id, 30, 0, 1, updated_at, updated_at FROM workspaces;

-- An API key may be good for one workspace alone; whoever signs in is good for all of theirs.
ALTER TABLE sessions ADD COLUMN workspace_id uuid;
