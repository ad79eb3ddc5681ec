-- Of some attempt nobody knows whether it arrived. What came of later ones does not
-- change that: such a delivery is never given back, and never said to have expired.
ALTER TABLE delivery ADD COLUMN doubtful INTEGER NOT NULL DEFAULT 0 CHECK (doubtful IN (0, 1));
ALTER TABLE notice ADD COLUMN doubtful INTEGER NOT NULL DEFAULT 0 CHECK (doubtful IN (0, 1));
UPDATE delivery SET doubtful = 1 WHERE state = 'uncertain' OR reason = 'uncertain';
UPDATE notice SET doubtful = 1 WHERE state = 'uncertain' OR reason = 'uncertain';
