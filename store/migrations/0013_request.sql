-- What somebody, who may be anybody, asked for in the name of an address. It stands
-- beside the list until it is confirmed, so that what a stranger asks changes nothing
-- of what is known of a reader. The link that confirms names the request and is
-- worth nothing without it: to leave the list removes all that was asked before.
CREATE TABLE request (
  ref           INTEGER PRIMARY KEY,       -- newsletter.ID; random
  subscriber_id INTEGER NOT NULL REFERENCES subscriber (id),
  at            INTEGER NOT NULL,
  expires_at    INTEGER NOT NULL,          -- as the link does
  name          TEXT,                      -- NULL, as the others: what stands on the list
  cadence       TEXT CHECK (cadence IN ('instant', 'daily', 'weekly', 'monthly')),
  topics        TEXT
) STRICT;
CREATE INDEX request_subscriber ON request (subscriber_id, at);
ALTER TABLE notice ADD COLUMN request INTEGER; -- what it asks to confirm; NULL: nothing, or what was removed since

-- Links mailed before this name the subscriber.
INSERT INTO request (ref, subscriber_id, at, expires_at)
  SELECT s.ref, s.id, max(n.at), max(n.expires_at)
  FROM notice AS n JOIN subscriber AS s ON s.id = n.subscriber_id
  WHERE n.kind = 'confirm' AND s.state IN ('pending', 'active') GROUP BY s.id;
UPDATE notice SET request = (SELECT ref FROM request WHERE request.subscriber_id = notice.subscriber_id)
  WHERE kind = 'confirm';
