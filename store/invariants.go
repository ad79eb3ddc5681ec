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
	{"a subscriber is active although the address is suppressed",
		`SELECT s.email FROM suppression AS p JOIN subscriber AS s ON s.email = p.email WHERE s.state = 'active'`},
	{"a subscriber may not be mailed and the address is not suppressed",
		`SELECT email FROM subscriber WHERE state IN ('unsubscribed', 'bounced', 'complained')
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
	{"an issue of a digest has no window",
		`SELECT public_id FROM issue AS i WHERE digest <> '' AND NOT EXISTS (
			SELECT 1 FROM digest_window AS w WHERE w.digest = i.digest AND w.window = i.window AND w.issue_id = i.id)`},
	{"a window says that it was cut and has no issue",
		`SELECT digest || ' ' || "window" FROM digest_window WHERE (state = 'cut') <> (issue_id IS NOT NULL)`},
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
	{"posts say that more, or fewer, publication numbers were given than there were",
		`SELECT 'number ' || max(number) FROM post HAVING max(number) > (SELECT publication FROM house)`},
}

// shown is how many of the rows that break an invariant are named.
const shown = 5

// Invariants looks for rows that contradict each other, which no operation of
// this package leaves behind. It returns what it found, in words for the
// operator; none is a sound house. It reads every row.
func (s *Store) Invariants(ctx context.Context) ([]string, error) {
	var broken []string
	err := s.read(ctx, "check the rows of the database", func(tx *sql.Tx) error {
		for _, inv := range invariants {
			found, err := texts(ctx, tx,
				`WITH broken (name) AS (`+inv.query+`) SELECT name FROM broken LIMIT ?`, shown+1)
			if err != nil {
				return fmt.Errorf("%s: %w", inv.what, err)
			}
			if len(found) > shown {
				found[shown] = "and more"
			}
			if len(found) > 0 {
				broken = append(broken, inv.what+": "+strings.Join(found, ", "))
			}
		}
		return nil
	})
	return broken, err
}
