-- Why a worker can bring nothing to its transport, and since when, for who looks from
-- another process: written when that begins and when it is over.
ALTER TABLE worker ADD COLUMN trouble TEXT;          -- NULL: it can, or has not tried
ALTER TABLE worker ADD COLUMN trouble_since INTEGER;
