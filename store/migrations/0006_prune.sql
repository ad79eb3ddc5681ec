-- What became of the deliveries of an issue that the operator has pruned. From
-- pruned_at on nobody knows any more who got it.
ALTER TABLE issue ADD COLUMN pruned_at INTEGER;
CREATE TABLE pruned (
  issue_id INTEGER NOT NULL REFERENCES issue (id),
  state    TEXT    NOT NULL,
  n        INTEGER NOT NULL,
  PRIMARY KEY (issue_id, state)
) STRICT, WITHOUT ROWID;
