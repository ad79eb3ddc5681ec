package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// invariants are what must hold between the rows of a sound house, as queries
// that find what breaks it.
var invariants = [...]struct{ what, query string }{
	{suppressedActive,
		`SELECT s.email FROM suppression AS p JOIN subscriber AS s ON s.email = p.email WHERE s.state = 'active'`},
	{"a subscriber may not be mailed and the address is not suppressed",
		`SELECT email FROM subscriber WHERE state IN ` + leftStates + `
		 AND email NOT IN (SELECT email FROM suppression WHERE email IS NOT NULL)`},
	{"a subscriber has been served more than was ever published",
		`SELECT coalesce(email, 'one who was erased') FROM subscriber WHERE cursor > (SELECT publication FROM house)`},
	{"a subscriber skips a number that the cursor has passed, or that was never given",
		`SELECT coalesce(s.email, 'one who was erased') FROM subscriber AS s, json_each(s.skip) AS skipped
		 WHERE skipped.value <= s.cursor OR skipped.value > (SELECT publication FROM house)`},
	{"an issue says that it is finished and has an open delivery",
		`SELECT public_id FROM issue WHERE (state = 'finished' OR finished_at IS NOT NULL)
		 AND ` + hasOpen},
	{"an issue has all its deliveries ended and does not say that it is finished",
		`SELECT public_id FROM issue WHERE finished_at IS NULL AND expanded_to IS NULL
		 AND NOT ` + hasOpen},
	{"an issue's state does not fit how far it is",
		`SELECT public_id FROM issue WHERE (state IN ('finished', 'cancelled', 'sending') AND expanded_to IS NOT NULL)
		 OR (state = 'expanding' AND expanded_to IS NULL) OR (state = 'finished' AND finished_at IS NULL)`},
	{otherDeliveries,
		`SELECT public_id || ' (' || found || ' instead of ' || deliveries || ')' FROM (
			SELECT public_id, deliveries, (SELECT count(*) FROM delivery WHERE issue_id = issue.id)
				+ (SELECT coalesce(sum(n), 0) FROM pruned WHERE issue_id = issue.id) AS found
			FROM issue WHERE deliveries IS NOT NULL AND NOT ` + sentSince + `) WHERE found <> deliveries`},
	{"an issue that is being cut has readers beyond where it is, or is beyond its last",
		`SELECT public_id FROM issue WHERE expanded_to IS NOT NULL AND (expanded_to NOT BETWEEN 0 AND last_id
			OR EXISTS (SELECT 1 FROM delivery WHERE issue_id = issue.id AND subscriber_id > issue.expanded_to))`},
	{"an issue that is being cut has passed over a reader",
		`SELECT i.public_id || ' ' || s.email FROM issue AS i CROSS JOIN subscriber AS s
		 WHERE i.expanded_to IS NOT NULL AND i.digest <> '' AND s.id <= i.expanded_to AND ` + passedOver},
	{"an issue of a digest has no window",
		`SELECT public_id FROM issue AS i WHERE digest <> '' AND NOT EXISTS (
			SELECT 1 FROM digest_window AS w WHERE w.digest = i.digest AND w.window = i.window AND w.issue_id = i.id)`},
	{"a window says that it was cut and has no issue",
		`SELECT digest || ' ' || "window" FROM digest_window WHERE (state = 'cut') <> (issue_id IS NOT NULL)`},
	{"a window says that another issue was cut for it, or for other posts",
		`SELECT w.digest || ' ' || w.window FROM digest_window AS w JOIN issue AS i ON i.id = w.issue_id
		 WHERE i.digest <> w.digest OR i.window <> w.window OR i.newest <> w.newest`},
	{"an issue of a digest holds a post that it was not cut from",
		`SELECT i.public_id FROM issue AS i JOIN issue_post AS ip ON ip.issue_id = i.id
		 WHERE i.digest <> '' AND (ip.number <= i.since OR ip.number > i.newest)`},
	{"a variant holds no post, or one that its issue does not",
		`SELECT i.public_id FROM variant AS v JOIN issue AS i ON i.id = v.issue_id
		 WHERE NOT EXISTS (SELECT 1 FROM variant_post AS vp WHERE vp.variant_id = v.id)
			OR EXISTS (SELECT 1 FROM variant_post AS vp WHERE vp.variant_id = v.id
				AND vp.post_id NOT IN (SELECT post_id FROM issue_post AS ip WHERE ip.issue_id = v.issue_id))`},
	{"a delivery is for a reader who joined after the cut",
		`SELECT i.public_id FROM delivery AS d JOIN issue AS i ON i.id = d.issue_id WHERE d.subscriber_id > i.last_id`},
	{"a delivery says that it was sent and was never tried",
		`SELECT i.public_id FROM delivery AS d JOIN issue AS i ON i.id = d.issue_id
		 WHERE d.state IN ('sent', 'sending', 'uncertain') AND d.attempts = 0`},
	{"a delivery is uncertain, or was cancelled as such, and does not say that it may have arrived",
		`SELECT i.public_id FROM delivery AS d JOIN issue AS i ON i.id = d.issue_id
		 WHERE NOT d.doubtful AND (d.state = 'uncertain' OR d.reason = 'uncertain')`},
	{"a delivery has a variant of another issue",
		`SELECT i.public_id FROM delivery AS d JOIN variant AS v ON v.id = d.variant_id
		 JOIN issue AS i ON i.id = d.issue_id WHERE v.issue_id <> d.issue_id`},
	{"a reader has a delivery of a digest and a cursor that would bring its posts again",
		`SELECT i.public_id || ' ' || coalesce(s.email, 'one who was erased') FROM issue AS i
		 JOIN delivery AS d ON d.issue_id = i.id JOIN subscriber AS s ON s.id = d.subscriber_id
		 WHERE i.digest <> '' AND s.cursor < i.newest AND ` + brought},
	{"a reader has a delivery of a post sent by hand and the next digest would bring it again",
		`SELECT i.public_id || ' ' || coalesce(s.email, 'one who was erased') FROM issue AS i
		 JOIN issue_post AS ip ON ip.issue_id = i.id
		 JOIN delivery AS d ON d.issue_id = i.id JOIN subscriber AS s ON s.id = d.subscriber_id
		 WHERE i.digest = '' AND s.state <> 'erased' AND s.cursor < ip.number AND ` + brought + `
			AND NOT EXISTS (SELECT 1 FROM json_each(s.skip) AS skipped WHERE skipped.value = ip.number)`},
	{"a delivery is held by a process that is not known",
		`SELECT 'issue ' || issue_id FROM delivery WHERE worker_id IS NOT NULL AND worker_id NOT IN (SELECT id FROM worker)`},
	{"a delivery is being sent by nobody, or has ended and is held or due",
		`SELECT 'issue ' || issue_id FROM delivery
		 WHERE (state = 'sending' AND worker_id IS NULL)
			OR (worker_id IS NOT NULL AND due_at IS NOT NULL)
			OR (state IN ('sent', 'failed', 'suppressed', 'cancelled') AND (worker_id IS NOT NULL OR due_at IS NOT NULL))`},
	{"a delivery that waits is neither due nor held",
		`SELECT 'issue ' || issue_id FROM delivery
		 WHERE state IN ('queued', 'deferred') AND due_at IS NULL AND worker_id IS NULL`},
	{"a notice is held by a process that is not known, or by nobody and never due",
		`SELECT key FROM notice WHERE (worker_id IS NOT NULL AND worker_id NOT IN (SELECT id FROM worker))
		 OR (state IN ('queued', 'deferred') AND due_at IS NULL AND worker_id IS NULL)`},
	{"a post has a publication number that was never given",
		`SELECT slug FROM post WHERE number > (SELECT publication FROM house)`},
	{"a post is published and may be mailed, and no digest will ever hold it because it has no number",
		`SELECT slug FROM post WHERE state = 'published' AND may_mail = 1 AND number IS NULL`},
	{"an issue was cut up to a publication number that was never given",
		`SELECT public_id FROM issue WHERE newest > (SELECT publication FROM house)`},
	{"publication numbers were given that no post has, living or deleted, or more than were given",
		`SELECT publication || ' given, ' || living || ' of posts, ' || numbers_deleted || ' of deleted ones'
		 FROM house, (SELECT count(number) AS living, coalesce(max(number), 0) AS highest FROM post)
		 WHERE living + numbers_deleted <> publication AND highest <= publication`},
	{"a post has a place in the archives that was never given",
		`SELECT slug FROM post WHERE ordinal > (SELECT ordinal FROM house)`},
	{"a post has no text",
		`SELECT slug FROM post AS p WHERE NOT EXISTS (
			SELECT 1 FROM revision AS r WHERE r.post_id = p.id AND r.revision = p.revision)`},
	{"a feed or a hub has seen a change that never was",
		`SELECT path FROM feed_version WHERE change > (SELECT change FROM house)
		 UNION ALL SELECT hub FROM hub WHERE change > (SELECT change FROM house)`},
}

// What a command of ours can mend; suppressedActive is asked by address and, where that
// was erased, by its digest.
const (
	suppressedActive = "a subscriber is active although the address is suppressed"
	otherDeliveries  = "an issue has not the deliveries that were written for it"
)

// advice is what to do about an invariant that does not hold; "" is to restore a backup.
func advice(what string) string {
	switch what {
	case suppressedActive:
		return "stop their mail: postrider subscriber unsubscribe ADDRESS"
	case otherDeliveries:
		return "postrider issue deliveries ID tells who has one; a backup has them all; without one, postrider send REF mails each of its posts to those who have none, and to nobody else"
	}
	return ""
}

// sentSince: each post of the issue was sent by hand after it, to all who had no delivery
// of it. So nobody is missed who lost theirs, as far as the rows can tell.
const sentSince = `NOT EXISTS (
	SELECT 1 FROM issue_post AS ip WHERE ip.issue_id = issue.id AND NOT EXISTS (
		SELECT 1 FROM issue AS o JOIN issue_post AS op ON op.issue_id = o.id
		WHERE o.digest = '' AND o.id > issue.id AND o.expanded_to IS NULL AND op.post_id = ip.post_id))`

// passedOver: subscriber s was in the audience of issue i when that came to their row, and
// it did not move their cursor. Who has changed since the cut may have come over after
// that, and who had a delivery of an issue that reaches as far may have been given it back.
const passedOver = `s.state = 'active' AND s.cadence = json_extract(i.audience, '$.cadence')
	AND s.cursor >= i.since AND s.cursor < i.newest AND s.changed_at < i.created_at
	AND NOT EXISTS (
		SELECT 1 FROM issue AS o LEFT JOIN delivery AS d ON d.issue_id = o.id AND d.subscriber_id = s.id
		WHERE o.digest <> '' AND o.newest >= i.newest AND (d.issue_id IS NOT NULL OR o.pruned_at IS NOT NULL))`

// Broken is an invariant that does not hold.
type Broken struct {
	What   string   // in words for the operator
	Where  []string // the first rows that break it: addresses, slugs, issues; what they have and should have
	Advice string   // the command that mends it; "" if none does
}

func (b Broken) String() string { return b.What + ": " + strings.Join(b.Where, ", ") }

// shown is how many of the rows that break an invariant are named.
const shown = 5

// Invariants looks for rows that contradict each other, which no operation of
// this package leaves behind. It returns what it found; none is a sound house. It
// reads every row and changes none.
func (s *Store) Invariants(ctx context.Context) ([]Broken, error) {
	var broken []Broken
	err := s.read(ctx, "check the rows of the database", func(tx *sql.Tx) error {
		for _, inv := range invariants {
			found, err := some(ctx, tx, inv.query)
			if err != nil {
				return fmt.Errorf("%s: %w", inv.what, err)
			}
			if len(found) > 0 {
				broken = append(broken, Broken{inv.what, found, advice(inv.what)})
			}
		}
		found, err := activeByDigest(ctx, tx)
		if err != nil {
			return fmt.Errorf("%s: %w", suppressedActive, err)
		}
		if len(found) > 0 {
			broken = append(broken, Broken{suppressedActive, found, advice(suppressedActive)})
		}
		return nil
	})
	return broken, err
}

// some returns the first of what a query finds.
func some(ctx context.Context, tx *sql.Tx, query string, args ...any) ([]string, error) {
	found, err := texts(ctx, tx, `WITH found (name) AS (`+query+`) SELECT name FROM found LIMIT `+fmt.Sprint(shown+1), args...)
	return fewer(found), err
}

// fewer says of a longer list only that there is more.
func fewer(found []string) []string {
	if len(found) > shown {
		found = append(found[:shown], "and more")
	}
	return found
}
