-- Which file this database is: what the file system calls it, and when it was
-- born in nanoseconds since 1970 where that is known. A file that finds itself
-- to be another one is a copy, and locked: it may not send.
ALTER TABLE house ADD COLUMN file TEXT;            -- NULL: not looked at yet
ALTER TABLE house ADD COLUMN file_born INTEGER;
ALTER TABLE house ADD COLUMN locked TEXT NOT NULL DEFAULT ''
  CHECK (locked IN ('', 'copied', 'backup', 'restored', 'replaced'));
ALTER TABLE house ADD COLUMN locked_at INTEGER;    -- since when; for a backup, when it was made
ALTER TABLE house ADD COLUMN unlocked_at INTEGER;  -- when the operator last said that it may send
