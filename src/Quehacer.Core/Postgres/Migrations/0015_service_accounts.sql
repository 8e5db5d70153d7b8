-- Accounts that belong to a workspace and to no person: nobody signs in to them, and programs come with their keys, which are good for that workspace
-- alone (sessions.workspace_id). Their e-mail is empty and its key one that no e-mail has, so that whatever looks for an account by an e-mail finds none.
ALTER TABLE accounts
  -- workspace_id is the workspace that it belongs to then, and is no personal one.
  ADD COLUMN is_service boolean NOT NULL DEFAULT false,
  ADD CONSTRAINT accounts_of_services CHECK (NOT is_service OR (email = '' AND NOT is_admin AND totp_secret IS NULL AND email_factor_at IS NULL));
CREATE INDEX accounts_of_workspace ON accounts (workspace_id, user_id) WHERE is_service;
