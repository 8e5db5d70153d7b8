-- Accounts have a plan, which says how much they may ask of the server in a minute: 0 standard, 1 plus, 2 premium.
ALTER TABLE accounts ADD COLUMN plan smallint NOT NULL DEFAULT 0;

-- Attempts at secrets, counted before the secret is looked at. A key is a hash under a key of the server's own: the table names nobody.
-- Global and small, like the accounts; a row is deleted some time after its window has ended.
CREATE TABLE attempts (
  kind    smallint NOT NULL,
  key     bytea NOT NULL,
  count   integer NOT NULL,
  ends_at timestamptz NOT NULL,
  PRIMARY KEY (kind, key)
) WITH (fillfactor = 70);
CREATE INDEX attempts_by_end ON attempts (ends_at);

-- From where an account has signed in, as a hash as well, so that a stranger's failures do not lock its owner out.
CREATE TABLE known_devices (
  user_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
  device  bytea NOT NULL,
  seen_at timestamptz NOT NULL,
  PRIMARY KEY (user_id, device)
);
CREATE INDEX known_devices_by_age ON known_devices (seen_at);
