-- What hubs were told (WebSub). A ping is sent because it stands here, once for
-- each hub, topic and change.
CREATE TABLE ping (
  id         INTEGER PRIMARY KEY AUTOINCREMENT, -- never reused: a worker may still hold one that is gone
  hub        TEXT    NOT NULL,
  topic      TEXT    NOT NULL,             -- address of the feed
  change     INTEGER NOT NULL,             -- house.change that it tells of
  created_at INTEGER NOT NULL,
  state      TEXT    NOT NULL CHECK (state IN ('queued', 'done', 'failed')),
  attempts   INTEGER NOT NULL DEFAULT 0,
  due_at     INTEGER NOT NULL,
  at         INTEGER NOT NULL,             -- of the last change of this row
  note       TEXT    NOT NULL DEFAULT '',
  UNIQUE (hub, topic, change)
) STRICT;
CREATE INDEX ping_due ON ping (due_at) WHERE state = 'queued';

-- Up to which change each hub has its pings, and how each feed then was.
CREATE TABLE hub (
  hub    TEXT    PRIMARY KEY,
  change INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE hub_topic (
  hub    TEXT NOT NULL REFERENCES hub (hub),
  tag    TEXT NOT NULL,                    -- folded; '' for the whole site
  digest BLOB NOT NULL,                    -- SHA-256 of its posts and their revisions
  PRIMARY KEY (hub, tag)
) STRICT, WITHOUT ROWID;
