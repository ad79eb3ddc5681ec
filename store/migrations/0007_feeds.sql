-- Since when the feed at a path has had the bytes it has: what validators tell
-- (Last-Modified). It must never fall, so it outlives processes and is shared by
-- those that serve the same site.
CREATE TABLE feed_version (
  path     TEXT    PRIMARY KEY,
  digest   BLOB    NOT NULL,               -- SHA-256 of the bytes
  change   INTEGER NOT NULL,               -- house.change that they were made at
  modified INTEGER NOT NULL                -- whole seconds, as milliseconds
) STRICT, WITHOUT ROWID;

-- The place of a post in the archives of feeds, given when it is first published
-- and never again to another: so the pages of archives have the same posts for ever.
ALTER TABLE house ADD COLUMN ordinal INTEGER NOT NULL DEFAULT 0;
ALTER TABLE post ADD COLUMN ordinal INTEGER;
CREATE UNIQUE INDEX post_ordinal ON post (ordinal) WHERE ordinal IS NOT NULL;
UPDATE post SET ordinal = place.n
  FROM (SELECT id, row_number() OVER (ORDER BY published_at, id) AS n
          FROM post WHERE published_at IS NOT NULL) AS place
 WHERE place.id = post.id;
UPDATE house SET ordinal = (SELECT count(*) FROM post WHERE ordinal IS NOT NULL);
