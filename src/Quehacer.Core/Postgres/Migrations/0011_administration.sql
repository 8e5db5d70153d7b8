-- Administrators: how they find an account, what they do to it, and the trail of that.

ALTER TABLE accounts
  -- Since when nobody signs in to it; null when people may.
  ADD COLUMN suspended_at timestamptz,
  -- The order of lists, and by which words an account is found: folded as those of tasks are. Rows that exist already are filled in by the program,
  -- which alone knows the fold (Postgres/Folding.cs).
  ADD COLUMN name_key     text COLLATE "C" NOT NULL DEFAULT '',
  ADD COLUMN words        tsvector NOT NULL DEFAULT '';
ALTER TABLE accounts ALTER COLUMN name_key DROP DEFAULT, ALTER COLUMN words DROP DEFAULT;
CREATE INDEX accounts_by_name ON accounts (name_key, user_id);
CREATE INDEX accounts_by_words ON accounts USING gin (words) WITH (fastupdate = off);
-- Both are few among many.
CREATE INDEX accounts_admin ON accounts (user_id) WHERE is_admin;
CREATE INDEX accounts_suspended ON accounts (user_id) WHERE suspended_at IS NOT NULL;

-- What administrators have done, and whoever runs the installation in their place: only ever added to. Ids and never names, so that nothing has to be
-- forgotten here when an account is; and no foreign keys, so that nothing is forgotten with one.
CREATE TABLE admin_acts (
  -- Its time is when it was.
  act_id       uuid PRIMARY KEY,
  at           timestamptz NOT NULL,
  -- Null for whoever runs the installation.
  actor_id     uuid,
  act          text COLLATE "C" NOT NULL,
  user_id      uuid,
  workspace_id uuid,
  detail       jsonb,
  address      text,
  request_id   text
);
CREATE INDEX admin_acts_of_actor ON admin_acts (actor_id, act_id);
CREATE INDEX admin_acts_on_user ON admin_acts (user_id, act_id);
CREATE INDEX admin_acts_by_act ON admin_acts (act, act_id);
