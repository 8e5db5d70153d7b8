-- Invitations into workspaces, by e-mail. They are no part of the log: what comes of one is, as a member.
CREATE TABLE invitations (
  workspace_id  uuid NOT NULL,
  invitation_id uuid NOT NULL,
  -- As the owner typed it, which is where the letter goes; and by what it is found.
  email         text NOT NULL,
  email_key     text NOT NULL,
  role          smallint NOT NULL,
  invited_by    uuid NOT NULL,
  -- SHA-256 of the token of the letter, which is derived from the id and stored nowhere.
  hash          bytea NOT NULL,
  expires_at    timestamptz NOT NULL,
  -- When and how it came to its end before that: 1 accepted, 2 declined, 3 revoked, 4 another took its place.
  closed_at     timestamptz,
  outcome       smallint,
  closed_by     uuid,
  PRIMARY KEY (workspace_id, invitation_id)
);
-- One that is open for an e-mail in a workspace, and those for an e-mail.
CREATE UNIQUE INDEX invitations_open ON invitations (workspace_id, email_key) WHERE closed_at IS NULL;
CREATE INDEX invitations_of_email ON invitations (email_key, invitation_id) WHERE closed_at IS NULL;
-- A token names no workspace.
CREATE INDEX invitations_by_id ON invitations (invitation_id);
CREATE INDEX invitations_by_expiry ON invitations (expires_at);
