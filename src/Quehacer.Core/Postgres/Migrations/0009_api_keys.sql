-- A personal API key is a session that is never refreshed: whatever asks whether a session is open asks it of keys too, at no further cost, and a
-- key that is revoked dies everywhere at once. Its hash is the session's refresh_hash.
ALTER TABLE sessions ADD COLUMN is_key boolean NOT NULL DEFAULT false;

CREATE TABLE api_keys (
  key_id  uuid PRIMARY KEY REFERENCES sessions ON DELETE CASCADE,
  user_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
  name    text NOT NULL,
  -- Bits: 1 reads tasks, 2 writes them.
  scopes  integer NOT NULL
);
CREATE INDEX api_keys_of_user ON api_keys (user_id, key_id);
