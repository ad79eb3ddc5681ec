-- What must be there, so that it is seen when it is not: how many deliveries were
-- written for an issue, pruned ones too, and how many publication numbers went with
-- posts that were deleted. NULL is not known: of issues that were just being cut.
ALTER TABLE issue ADD COLUMN deliveries INTEGER;
UPDATE issue SET deliveries = (SELECT count(*) FROM delivery WHERE issue_id = issue.id)
    + (SELECT coalesce(sum(n), 0) FROM pruned WHERE issue_id = issue.id)
  WHERE expanded_to IS NULL;
ALTER TABLE house ADD COLUMN numbers_deleted INTEGER NOT NULL DEFAULT 0;
UPDATE house SET numbers_deleted = max(publication - (SELECT count(number) FROM post), 0);
