-- Whether a delivery is open has a column of its own, so that to begin with a message
-- writes to no index: SQLite does for every column that an index names, also in its
-- condition. And it puts the values of an IN list into a table each time it looks
-- whether one is among them, so that what is asked for every message spells them out.
CREATE TABLE delivery_new (
  issue_id      INTEGER NOT NULL REFERENCES issue (id),
  subscriber_id INTEGER NOT NULL REFERENCES subscriber (id),
  variant_id    INTEGER NOT NULL REFERENCES variant (id),
  start         INTEGER NOT NULL,          -- the cursor it started from, to be given back
  state         TEXT    NOT NULL,
  open          INTEGER NOT NULL DEFAULT 1,
  attempts      INTEGER NOT NULL DEFAULT 0,
  due_at        INTEGER,
  worker_id     INTEGER,
  at            INTEGER NOT NULL,          -- of the last change of state
  reason        TEXT,
  reply         TEXT,                      -- the transport's last words
  doubtful      INTEGER NOT NULL DEFAULT 0 CHECK (doubtful = 0 OR doubtful = 1),
  PRIMARY KEY (issue_id, subscriber_id),
  CHECK (CASE open
    WHEN 1 THEN state = 'queued' OR state = 'sending' OR state = 'deferred' OR state = 'uncertain'
    WHEN 0 THEN state = 'sent' OR state = 'failed' OR state = 'suppressed' OR state = 'cancelled'
    ELSE 0 END)
) STRICT, WITHOUT ROWID;
INSERT INTO delivery_new (issue_id, subscriber_id, variant_id, start, state, open, attempts,
    due_at, worker_id, at, reason, reply, doubtful)
  SELECT issue_id, subscriber_id, variant_id, start, state,
    state IN ('queued', 'sending', 'deferred', 'uncertain'), attempts,
    due_at, worker_id, at, reason, reply, doubtful
  FROM delivery ORDER BY issue_id, subscriber_id;
DROP TABLE delivery;
ALTER TABLE delivery_new RENAME TO delivery;
CREATE INDEX delivery_open ON delivery (issue_id, due_at) WHERE open;

CREATE TABLE notice_new (
  id            INTEGER PRIMARY KEY,
  key           TEXT    NOT NULL UNIQUE,   -- what makes it one: asking twice sends once
  kind          TEXT    NOT NULL,
  subscriber_id INTEGER NOT NULL REFERENCES subscriber (id),
  mould         BLOB    NOT NULL,
  expires_at    INTEGER NOT NULL,
  state         TEXT    NOT NULL,
  open          INTEGER NOT NULL DEFAULT 1,
  attempts      INTEGER NOT NULL DEFAULT 0,
  due_at        INTEGER,
  worker_id     INTEGER,
  at            INTEGER NOT NULL,
  reason        TEXT,
  reply         TEXT,
  doubtful      INTEGER NOT NULL DEFAULT 0 CHECK (doubtful = 0 OR doubtful = 1),
  CHECK (CASE open
    WHEN 1 THEN state = 'queued' OR state = 'sending' OR state = 'deferred' OR state = 'uncertain'
    WHEN 0 THEN state = 'sent' OR state = 'failed' OR state = 'suppressed' OR state = 'cancelled'
    ELSE 0 END)
) STRICT;
INSERT INTO notice_new (id, key, kind, subscriber_id, mould, expires_at, state, open, attempts,
    due_at, worker_id, at, reason, reply, doubtful)
  SELECT id, key, kind, subscriber_id, mould, expires_at, state,
    state IN ('queued', 'sending', 'deferred', 'uncertain'), attempts,
    due_at, worker_id, at, reason, reply, doubtful
  FROM notice;
DROP TABLE notice;
ALTER TABLE notice_new RENAME TO notice;
CREATE INDEX notice_open ON notice (due_at) WHERE open;
CREATE INDEX notice_worker ON notice (worker_id) WHERE worker_id IS NOT NULL;
