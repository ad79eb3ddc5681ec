-- When a post got its publication number, whatever date it bears: an instant
-- digest leaves it some time from then on. Posts from before have had theirs.
ALTER TABLE post ADD COLUMN numbered_at INTEGER;
CREATE INDEX post_numbered ON post (numbered_at) WHERE numbered_at IS NOT NULL;

-- Who waits for an instant digest is asked all the time. Other cadences, which
-- most readers have, pay nothing for it.
CREATE INDEX subscriber_instant ON subscriber (cursor) WHERE cadence = 'instant' AND state = 'active';
