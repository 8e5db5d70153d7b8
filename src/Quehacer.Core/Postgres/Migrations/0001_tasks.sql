-- Accounts, sessions and the installation are global: small tables that every node of a distributed database can hold whole.
-- Everything else is tenant data: workspace_id comes first in every key, so that one workspace lies together and can be distributed by it.

CREATE TABLE installation (
  only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  -- Made anew when a backup is restored: tags and cursors carry it, because a restored database may hand out a revision twice.
  incarnation uuid NOT NULL DEFAULT gen_random_uuid()
);
INSERT INTO installation DEFAULT VALUES;

CREATE TABLE accounts (
  user_id       uuid PRIMARY KEY,
  email         text NOT NULL,
  email_key     text COLLATE "C" NOT NULL UNIQUE,
  name          text NOT NULL,
  password_hash text NOT NULL,
  is_admin      boolean NOT NULL DEFAULT false,
  workspace_id  uuid NOT NULL,
  version       integer NOT NULL,
  updated_at    timestamptz NOT NULL
);

-- What happened to an account: never a name or an e-mail, so that nothing has to be forgotten here.
CREATE TABLE account_events (
  user_id    uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
  version    integer NOT NULL,
  type       text NOT NULL,
  actor_id   uuid,
  at         timestamptz NOT NULL,
  request_id text,
  PRIMARY KEY (user_id, version)
);

-- A session is a family of refresh tokens: only the newest is valid, and only its hash is kept.
CREATE TABLE sessions (
  session_id   uuid PRIMARY KEY,
  user_id      uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
  generation   integer NOT NULL,
  refresh_hash bytea NOT NULL,
  refreshed_at timestamptz NOT NULL,
  expires_at   timestamptz NOT NULL,
  ended_at     timestamptz
);
CREATE INDEX sessions_of_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
CREATE INDEX sessions_ended ON sessions (ended_at) WHERE ended_at IS NOT NULL;

-- The row that orders a workspace: whoever writes holds its lock until the commit, so revisions are gap-free and in commit order.
-- Half of each page is left free: this row is rewritten with every event, and stays on its page.
CREATE TABLE workspaces (
  workspace_id     uuid PRIMARY KEY,
  owner_id         uuid NOT NULL,
  revision         bigint NOT NULL,
  labels_revision  bigint NOT NULL,
  last_task_number bigint NOT NULL,
  pending_tasks    bigint NOT NULL,
  done_tasks       bigint NOT NULL,
  deleted_tasks    bigint NOT NULL,
  changed_at       timestamptz NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE tags (
  workspace_id uuid NOT NULL,
  tag_id       uuid NOT NULL,
  name         text NOT NULL,
  name_key     text COLLATE "C" NOT NULL,
  version      integer NOT NULL,
  revision     bigint NOT NULL,
  PRIMARY KEY (workspace_id, tag_id),
  UNIQUE (workspace_id, name_key)
);

-- No foreign keys from here on: they would cost every write a fifth, and every write holds the workspace's lock anyway.
CREATE TABLE tasks (
  workspace_id uuid NOT NULL,
  task_id      uuid NOT NULL,
  number       bigint NOT NULL,
  version      integer NOT NULL,
  revision     bigint NOT NULL,
  title        text NOT NULL,
  description  text,
  state        smallint NOT NULL,
  priority     smallint NOT NULL,
  due_date     timestamptz,
  tag_ids      uuid[] NOT NULL,
  created_by   uuid NOT NULL,
  updated_at   timestamptz NOT NULL,
  deleted_at   timestamptz,
  PRIMARY KEY (workspace_id, task_id),
  UNIQUE (workspace_id, number)
) WITH (fillfactor = 90);
-- The key itself serves lists by creation: a UUIDv7 begins with its time.
CREATE INDEX tasks_by_state ON tasks (workspace_id, state, task_id) WHERE deleted_at IS NULL;
CREATE INDEX tasks_by_update ON tasks (workspace_id, updated_at, task_id) WHERE deleted_at IS NULL;
CREATE INDEX tasks_by_priority ON tasks (workspace_id, priority, task_id) WHERE deleted_at IS NULL;
CREATE INDEX tasks_to_purge ON tasks (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE events (
  workspace_id uuid NOT NULL,
  revision     bigint NOT NULL,
  stream_id    uuid NOT NULL,
  version      integer NOT NULL,
  type         text NOT NULL,
  number       bigint,
  data         jsonb,
  before       jsonb,
  actor_id     uuid NOT NULL,
  at           timestamptz NOT NULL,
  request_id   text,
  PRIMARY KEY (workspace_id, revision),
  UNIQUE (workspace_id, stream_id, version)
);

-- One row for every request that was done under a key. What it points to is rendered again for a repeat; no answer is stored.
CREATE TABLE idempotency_keys (
  workspace_id uuid NOT NULL,
  user_id      uuid NOT NULL,
  key          text COLLATE "C" NOT NULL,
  fingerprint  bytea NOT NULL,
  stream_id    uuid,
  version      integer,
  outcome      jsonb,
  created_at   timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, user_id, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

CREATE TABLE jobs (
  job          text PRIMARY KEY,
  due_at       timestamptz NOT NULL,
  leased_until timestamptz
);
