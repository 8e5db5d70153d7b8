-- What an account is opened with besides its password, and whatever is sent by mail to prove something. Global and small, like the accounts.

ALTER TABLE accounts
  -- Rises with whatever makes older proofs worthless: another password, another e-mail, another second factor. A session begins only on the
  -- credentials that were shown for it, so that no login that was under way outlives the change.
  ADD COLUMN credentials       integer NOT NULL DEFAULT 1,
  ADD COLUMN email_verified_at timestamptz,
  -- RFC 6238. Sealed with a key of the server's; null without an authenticator, and not in force until it is confirmed.
  ADD COLUMN totp_secret       text,
  ADD COLUMN totp_confirmed_at timestamptz,
  -- The time step of the last code that was taken: no code is taken twice, nor one that is older.
  ADD COLUMN totp_step         bigint NOT NULL DEFAULT 0,
  -- Since when codes by mail are a second factor; null when they are none.
  ADD COLUMN email_factor_at   timestamptz;

-- Ten at a time, each good once. They are long enough that a plain hash keeps them.
CREATE TABLE recovery_codes (
  user_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
  hash    bytea NOT NULL,
  used_at timestamptz,
  PRIMARY KEY (user_id, hash)
);

-- Whatever is good once and not for long: resets, confirmations, logins that wait for a second factor. A row is consumed by one conditional
-- statement; only hashes of tokens are kept, and codes are derived and not kept at all.
CREATE TABLE one_time_secrets (
  secret_id   uuid PRIMARY KEY,
  -- Null where nobody has the e-mail that was named: such a secret never works, and takes as long to make.
  user_id     uuid REFERENCES accounts ON DELETE CASCADE,
  purpose     smallint NOT NULL,
  hash        bytea NOT NULL,
  -- Of the account when the secret was made; it is good only as long as these are.
  credentials integer NOT NULL,
  -- The e-mail that it proves, where it proves one.
  email       text,
  attempts    smallint NOT NULL DEFAULT 0,
  expires_at  timestamptz NOT NULL,
  used_at     timestamptz
) WITH (fillfactor = 70);
CREATE INDEX one_time_secrets_of_user ON one_time_secrets (user_id);
CREATE INDEX one_time_secrets_by_expiry ON one_time_secrets (expires_at);

-- Letters that are still to be sent. No token or code is in them: these are derived from the letter's id when it goes out.
CREATE TABLE mails (
  mail_id      uuid PRIMARY KEY,
  kind         smallint NOT NULL,
  recipient    text NOT NULL,
  language     smallint NOT NULL,
  user_id      uuid REFERENCES accounts ON DELETE CASCADE,
  detail       text,
  tries        smallint NOT NULL DEFAULT 0,
  due_at       timestamptz NOT NULL,
  -- After this it is of no use to anybody, and is dropped.
  expires_at   timestamptz NOT NULL
);
CREATE INDEX mails_by_due ON mails (due_at);

-- By what people recognise a session of theirs.
ALTER TABLE sessions
  ADD COLUMN user_agent text,
  ADD COLUMN address    text,
  -- To about a minute; null until it has been seen after its last refresh.
  ADD COLUMN seen_at    timestamptz;

-- How often in a row a count was used up: each time the next window is longer.
ALTER TABLE attempts ADD COLUMN strikes smallint NOT NULL DEFAULT 0;
