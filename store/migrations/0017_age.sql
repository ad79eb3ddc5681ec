-- How old the house is: a number that grows when a process begins to send, goes on
-- sending or ends. A note beside the file says it too. A database that is younger than
-- its note was put back over the newer one, and is locked as 'younger'.
CREATE TABLE house_aged (
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
INSERT INTO house_aged (id, secret, publication, change, ordinal, asked, numbers_deleted, file, file_born, locked, locked_at, unlocked_at)
  SELECT id, secret, publication, change, ordinal, asked, numbers_deleted, file, file_born, locked, locked_at, unlocked_at FROM house;
DROP TABLE house;
ALTER TABLE house_aged RENAME TO house;
