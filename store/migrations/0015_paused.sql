-- Since when an issue is paused, so that the pause takes nothing of its time.
ALTER TABLE issue ADD COLUMN paused_at INTEGER;
