-- Files whose post was deleted, so that no sync takes one in as a new post: by
-- what it says for ever, and by where it lies for as long as it lies there.
CREATE TABLE deleted_file (
  id     INTEGER PRIMARY KEY,
  source TEXT    UNIQUE,                   -- NULL: it is gone from there
  digest BLOB,                             -- SHA-256; NULL: unknown
  at     INTEGER NOT NULL                  -- when the post was deleted
) STRICT;
CREATE INDEX deleted_file_digest ON deleted_file (digest);
