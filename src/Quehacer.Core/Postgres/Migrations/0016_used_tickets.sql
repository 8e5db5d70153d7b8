-- Tickets that have opened a stream. They are sealed and say themselves whose they are and until when; here stands only that they are used up.
CREATE TABLE used_tickets (
  ticket_id  uuid PRIMARY KEY,
  expires_at timestamptz NOT NULL
);
CREATE INDEX used_tickets_by_expiry ON used_tickets (expires_at);
