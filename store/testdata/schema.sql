CREATE TABLE consent (
  subscriber_id INTEGER NOT NULL REFERENCES subscriber (id),
  at            INTEGER NOT NULL,
  seq           INTEGER NOT NULL,          -- orders entries of the same millisecond
  action        TEXT    NOT NULL CHECK (action IN ('asked', 'confirmed', 'withdrew')),
  method        TEXT    NOT NULL,
  text_id       INTEGER NOT NULL REFERENCES consent_text (id),
  source        TEXT,
  PRIMARY KEY (subscriber_id, at, seq)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER consent_kept BEFORE DELETE ON consent
BEGIN SELECT RAISE (ABORT, 'consent is append-only'); END;

CREATE TRIGGER consent_unchanged BEFORE UPDATE ON consent
WHEN NEW.source IS NOT NULL OR (NEW.subscriber_id, NEW.at, NEW.seq, NEW.action, NEW.method, NEW.text_id)
  IS NOT (OLD.subscriber_id, OLD.at, OLD.seq, OLD.action, OLD.method, OLD.text_id)
BEGIN SELECT RAISE (ABORT, 'consent is append-only'); END;

CREATE TABLE consent_text (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;

CREATE TABLE deleted_file (
  id     INTEGER PRIMARY KEY,
  source TEXT    UNIQUE,                   -- NULL: it is gone from there
  digest BLOB,                             -- SHA-256; NULL: unknown
  at     INTEGER NOT NULL                  -- when the post was deleted
) STRICT;

CREATE INDEX deleted_file_digest ON deleted_file (digest);

CREATE TABLE "delivery" (
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

CREATE INDEX delivery_open ON delivery (issue_id, due_at) WHERE open;

CREATE TABLE digest (
  name       TEXT PRIMARY KEY,
  first_seen INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE digest_window (
  digest   TEXT    NOT NULL,
  window   TEXT    NOT NULL,
  state    TEXT    NOT NULL CHECK (state IN ('cut', 'empty', 'missed')),
  newest   INTEGER NOT NULL,
  at       INTEGER NOT NULL,
  issue_id INTEGER REFERENCES issue (id),
  PRIMARY KEY (digest, window)
) STRICT, WITHOUT ROWID;

CREATE INDEX digest_window_at ON digest_window (digest, at);

CREATE TABLE domain_rest (
  domain  TEXT    NOT NULL PRIMARY KEY, -- in lower case
  until   INTEGER NOT NULL,             -- nothing goes there before
  strikes INTEGER NOT NULL              -- how often it said so without being forgiven
) STRICT, WITHOUT ROWID;

CREATE TABLE event (
  id            INTEGER PRIMARY KEY,
  at            INTEGER NOT NULL,
  subscriber_id INTEGER NOT NULL REFERENCES subscriber (id),
  issue_id      INTEGER REFERENCES issue (id) ON DELETE SET NULL,
  kind          TEXT    NOT NULL,
  detail        TEXT    NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX event_subscriber ON event (subscriber_id);

CREATE TABLE feed_reader (
  feed        TEXT    NOT NULL,              -- path below the site
  reader      TEXT    NOT NULL,              -- family of programs
  feed_id     TEXT    NOT NULL,              -- the reader's own name for the feed; '' if it has none
  subscribers INTEGER NOT NULL,
  day         TEXT    NOT NULL,              -- UTC, YYYY-MM-DD: when it last said so
  PRIMARY KEY (feed, reader, feed_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE feed_version (
  path     TEXT    PRIMARY KEY,
  digest   BLOB    NOT NULL,               -- SHA-256 of the bytes
  change   INTEGER NOT NULL,               -- house.change that they were made at
  modified INTEGER NOT NULL                -- whole seconds, as milliseconds
) STRICT, WITHOUT ROWID;

CREATE TABLE former_guid (
  guid TEXT    PRIMARY KEY,
  at   INTEGER NOT NULL                    -- when its post was deleted
) STRICT, WITHOUT ROWID;

CREATE TABLE former_slug (
  slug    TEXT PRIMARY KEY,
  post_id INTEGER REFERENCES post (id) ON DELETE SET NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE "house" (
  id          INTEGER PRIMARY KEY CHECK (id = 1),
  secret      BLOB    NOT NULL,            -- 32 random octets; every token's key
  publication INTEGER NOT NULL DEFAULT 0,  -- the last publication number given
  change      INTEGER NOT NULL DEFAULT 0,  -- grows with every change that readers of feeds could see
  ordinal     INTEGER NOT NULL DEFAULT 0,  -- the last place given in the archives of feeds
  asked       INTEGER NOT NULL DEFAULT 0,  -- how often somebody asked on the site to get mail
  numbers_deleted INTEGER NOT NULL DEFAULT 0,  -- publication numbers that went with deleted posts
  age         INTEGER NOT NULL DEFAULT 0,
  file        TEXT,                        -- which file it is; NULL: not looked at yet
  file_born   INTEGER,                     -- nanoseconds since 1970
  locked      TEXT    NOT NULL DEFAULT ''
    CHECK (locked IN ('', 'copied', 'younger', 'backup', 'restored', 'replaced')),
  locked_at   INTEGER,                     -- since when; for a backup, when it was made
  unlocked_at INTEGER                      -- when the operator last said that it may send
) STRICT;

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

CREATE TABLE issue (
  id          INTEGER PRIMARY KEY,
  public_id   TEXT    NOT NULL UNIQUE,
  digest      TEXT    NOT NULL,            -- '' for a post sent by hand
  window      TEXT    NOT NULL,
  audience    TEXT    NOT NULL,            -- newsletter.Audience as JSON: whom to expand to
  subject     TEXT    NOT NULL,
  since       INTEGER NOT NULL,            -- the publication numbers taken lie above this one
  newest      INTEGER NOT NULL,            -- and reach up to this one
  state       TEXT    NOT NULL CHECK (state IN ('expanding', 'sending', 'paused', 'cancelled', 'finished')),
  note        TEXT    NOT NULL DEFAULT '', -- why it was paused
  expanded_to INTEGER,                     -- last subscriber seen; NULL once all were
  last_id     INTEGER NOT NULL,            -- newest subscriber at the cut; later ones are not in it
  created_at  INTEGER NOT NULL,
  expires_at  INTEGER NOT NULL,
  finished_at INTEGER
, pruned_at INTEGER, paused_at INTEGER, deliveries INTEGER) STRICT;

CREATE INDEX issue_open ON issue (state) WHERE state IN ('expanding', 'sending', 'paused');

CREATE TABLE issue_post (
  issue_id INTEGER NOT NULL REFERENCES issue (id),
  number   INTEGER NOT NULL,               -- publication number; 0 if the post has none
  post_id  INTEGER NOT NULL,               -- no reference: outlives the post
  post     TEXT    NOT NULL,               -- its public id, for the same reason
  revision INTEGER NOT NULL,
  tags     TEXT    NOT NULL,
  PRIMARY KEY (issue_id, number, post_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX issue_post_post ON issue_post (post_id);

CREATE TABLE "notice" (
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
  doubtful      INTEGER NOT NULL DEFAULT 0 CHECK (doubtful = 0 OR doubtful = 1), request INTEGER,
  CHECK (CASE open
    WHEN 1 THEN state = 'queued' OR state = 'sending' OR state = 'deferred' OR state = 'uncertain'
    WHEN 0 THEN state = 'sent' OR state = 'failed' OR state = 'suppressed' OR state = 'cancelled'
    ELSE 0 END)
) STRICT;

CREATE INDEX notice_ended ON notice (at) WHERE NOT open;

CREATE INDEX notice_open ON notice (due_at) WHERE open;

CREATE INDEX notice_worker ON notice (worker_id) WHERE worker_id IS NOT NULL;

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

CREATE TABLE post (
  id            INTEGER PRIMARY KEY AUTOINCREMENT, -- never reused: issues name it after it is gone
  public_id     TEXT    NOT NULL UNIQUE,
  guid          TEXT    NOT NULL UNIQUE,
  slug          TEXT    NOT NULL UNIQUE,
  state         TEXT    NOT NULL CHECK (state IN ('draft', 'scheduled', 'published', 'withdrawn')),
  number        INTEGER UNIQUE,            -- publication number; NULL: not published, or may not be mailed
  may_mail      INTEGER NOT NULL DEFAULT 0 CHECK (may_mail IN (0, 1)), -- decided when published or scheduled
  revision      INTEGER NOT NULL,
  created_at    INTEGER NOT NULL,
  published_at  INTEGER,
  updated_at    INTEGER NOT NULL,
  scheduled_at  INTEGER,
  -- The file it was last added from: where, its SHA-256 so that an unchanged one
  -- is left alone, and what it asked for, so that only a change of that counts.
  source        TEXT    UNIQUE,
  source_digest BLOB,
  source_draft  INTEGER NOT NULL DEFAULT 0 CHECK (source_draft IN (0, 1)),
  source_date   INTEGER, numbered_at INTEGER, ordinal INTEGER,
  CHECK ((state = 'scheduled') = (scheduled_at IS NOT NULL)),
  CHECK (state IN ('draft', 'scheduled') OR published_at IS NOT NULL)
) STRICT;

CREATE INDEX post_digest ON post (source_digest);

CREATE INDEX post_due ON post (scheduled_at) WHERE state = 'scheduled';

CREATE INDEX post_numbered ON post (numbered_at) WHERE numbered_at IS NOT NULL;

CREATE INDEX post_order ON post (coalesce(published_at, scheduled_at, created_at) DESC, id DESC);

CREATE UNIQUE INDEX post_ordinal ON post (ordinal) WHERE ordinal IS NOT NULL;

CREATE TABLE post_tag (
  tag     TEXT    NOT NULL,
  post_id INTEGER NOT NULL REFERENCES post (id) ON DELETE CASCADE,
  label   TEXT    NOT NULL,
  PRIMARY KEY (tag, post_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX post_tag_post ON post_tag (post_id);

CREATE TABLE pruned (
  issue_id INTEGER NOT NULL REFERENCES issue (id),
  state    TEXT    NOT NULL,
  n        INTEGER NOT NULL,
  PRIMARY KEY (issue_id, state)
) STRICT, WITHOUT ROWID;

CREATE TABLE request (
  ref           INTEGER PRIMARY KEY,       -- newsletter.ID; random
  subscriber_id INTEGER NOT NULL REFERENCES subscriber (id),
  at            INTEGER NOT NULL,
  expires_at    INTEGER NOT NULL,          -- as the link does
  name          TEXT,                      -- NULL, as the others: what stands on the list
  cadence       TEXT CHECK (cadence IN ('instant', 'daily', 'weekly', 'monthly')),
  topics        TEXT
) STRICT;

CREATE INDEX request_expires ON request (expires_at);

CREATE INDEX request_subscriber ON request (subscriber_id, at);

CREATE TABLE revision (
  post_id    INTEGER NOT NULL REFERENCES post (id) ON DELETE CASCADE,
  revision   INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  content    TEXT    NOT NULL,             -- post.Content as JSON
  PRIMARY KEY (post_id, revision)
) STRICT;

CREATE TABLE sqlite_sequence(name,seq);

CREATE TABLE subscriber (
  id           INTEGER PRIMARY KEY,
  ref          INTEGER UNIQUE NOT NULL,    -- newsletter.ID; random
  email        TEXT,                       -- as mail is sent to; NULL once erased
  email_key    TEXT UNIQUE,                -- newsletter.Address.Key: equal for the same mailbox; NULL once erased
  name         TEXT    NOT NULL DEFAULT '',
  state        TEXT    NOT NULL CHECK (state IN ('pending', 'active', 'unsubscribed', 'bounced', 'complained', 'erased')),
  cadence      TEXT    NOT NULL CHECK (cadence IN ('instant', 'daily', 'weekly', 'monthly')),
  topics       TEXT    NOT NULL DEFAULT '[]',
  cursor       INTEGER NOT NULL,
  skip         TEXT    NOT NULL DEFAULT '[]',
  paused_until INTEGER,
  created_at   INTEGER NOT NULL,
  changed_at   INTEGER NOT NULL,
  CHECK ((state = 'erased') = (email IS NULL)),
  CHECK ((email IS NULL) = (email_key IS NULL))
) STRICT;

CREATE INDEX subscriber_instant ON subscriber (cursor) WHERE cadence = 'instant' AND state = 'active';

CREATE TABLE suppression (
  digest BLOB    PRIMARY KEY,
  reason TEXT    NOT NULL CHECK (reason IN ('unsubscribed', 'bounced', 'complained', 'erased')),
  at     INTEGER NOT NULL,
  email  TEXT,                             -- NULL once erased
  detail TEXT    NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;

CREATE TABLE variant (
  id       INTEGER PRIMARY KEY,
  issue_id INTEGER NOT NULL REFERENCES issue (id),
  key      TEXT    NOT NULL,               -- newsletter.VariantKey
  subject  TEXT    NOT NULL,
  html     TEXT    NOT NULL,               -- for reading in a browser: nothing personal in it
  text     TEXT    NOT NULL,
  mould    BLOB    NOT NULL,               -- the frozen message, with slots
  UNIQUE (issue_id, key)
) STRICT;

CREATE TABLE variant_post (
  variant_id INTEGER NOT NULL REFERENCES variant (id),
  post_id    INTEGER NOT NULL,
  position   INTEGER NOT NULL,
  PRIMARY KEY (variant_id, post_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE worker (
  id      INTEGER PRIMARY KEY AUTOINCREMENT, -- never reused: deliveries name it
  host    TEXT    NOT NULL,
  pid     INTEGER NOT NULL,
  started TEXT    NOT NULL,
  lease   INTEGER NOT NULL
, trouble TEXT, trouble_since INTEGER) STRICT;

