-- How many people programs say they read feeds for: the latest figure of each. Of
-- people nothing is kept, nor the addresses that programs ask from.
CREATE TABLE feed_reader (
  feed        TEXT    NOT NULL,              -- path below the site
  reader      TEXT    NOT NULL,              -- family of programs
  feed_id     TEXT    NOT NULL,              -- the reader's own name for the feed; '' if it has none
  subscribers INTEGER NOT NULL,
  day         TEXT    NOT NULL,              -- UTC, YYYY-MM-DD: when it last said so
  PRIMARY KEY (feed, reader, feed_id)
) STRICT, WITHOUT ROWID;
