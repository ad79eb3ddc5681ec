package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"postrider/feed"
)

// pingWait lets edits that follow one another become one ping, and the new feed be
// served before a hub asks for it.
const pingWait = 3 * time.Second

// QueuePings implements [feed.Pings]. Feeds are compared by the posts that bear
// their tag: a change of one too old to be in them tells hubs for nothing, and no
// change is missed. A feed that exists no more is not told of. In a locked database
// nothing is queued, so that all is told once it is unlocked.
func (s *Store) QueuePings(ctx context.Context, hubs []string, topics func(tag string) []string, now time.Time) error {
	const op = "queue pings of hubs"
	// Mostly nothing has changed, and to see that nobody need wait for a writer.
	var behind []string
	err := s.read(ctx, op, func(tx *sql.Tx) (err error) {
		behind, err = hubsBehind(ctx, tx, hubs)
		return err
	})
	if err != nil || len(behind) == 0 {
		return err
	}
	return s.write(ctx, op, func(tx *sql.Tx) error {
		if err := forgetHubs(ctx, tx, hubs, now); err != nil {
			return err
		}
		// Another pinger may have been faster.
		behind, err := hubsBehind(ctx, tx, hubs)
		if err != nil || len(behind) == 0 {
			return err
		}
		digests, err := topicDigests(ctx, tx)
		if err != nil {
			return err
		}
		for _, hub := range behind {
			if err := queueFor(ctx, tx, hub, digests, topics, now); err != nil {
				return err
			}
		}
		return nil
	})
}

// hubsBehind gives the hubs that have not got the pings of the last change. In a
// locked database there is none.
func hubsBehind(ctx context.Context, tx *sql.Tx, hubs []string) ([]string, error) {
	var behind []string
	for _, hub := range hubs {
		var is bool
		err := tx.QueryRowContext(ctx, `
			SELECT locked = '' AND change <> coalesce((SELECT change FROM hub WHERE hub = ?), -1) FROM house`, hub).Scan(&is)
		if err != nil {
			return nil, err
		}
		if is {
			behind = append(behind, hub)
		}
	}
	return behind, nil
}

// forgetHubs gives up the pings of hubs that the settings name no more.
func forgetHubs(ctx context.Context, tx *sql.Tx, hubs []string, now time.Time) error {
	_, err := exec(ctx, tx, `
		UPDATE ping SET state = ?, note = 'the hub is not in feed.hubs any more', at = ?
		WHERE state = ? AND hub NOT IN (SELECT value FROM json_each(?))`,
		feed.PingFailed, now.UnixMilli(), feed.PingQueued, list(hubs))
	return err
}

// topicDigests tells by folded tag what stands in the feeds, "" for the whole site.
func topicDigests(ctx context.Context, tx *sql.Tx) (map[string][]byte, error) {
	digests := map[string][]byte{"": nil}
	hash, current := sha256.New(), ""
	err := each(ctx, tx, func(row scanner) error {
		var tag, label, slug, guid string
		var id, revision, published, updated int64
		if err := row.Scan(&tag, &label, &id, &slug, &guid, &revision, &published, &updated); err != nil {
			return err
		}
		if tag != current {
			hash.Reset()
			current = tag
		}
		fmt.Fprintf(hash, "%q %d %q %q %d %d %d\n", label, id, slug, guid, revision, published, updated)
		digests[tag] = hash.Sum(nil)
		return nil
	}, `SELECT '' AS tag, '', id, slug, guid, revision, published_at, updated_at FROM post WHERE state = 'published'
		 UNION ALL
		SELECT t.tag, t.label, p.id, p.slug, p.guid, p.revision, p.published_at, p.updated_at
		  FROM post_tag t JOIN post p ON p.id = t.post_id WHERE p.state = 'published' AND t.tag <> ''
		 ORDER BY 1, 3`)
	if digests[""] == nil {
		digests[""] = sha256.New().Sum(nil) // an empty site
	}
	return digests, err
}

// queueFor queues what a hub is behind with.
func queueFor(ctx context.Context, tx *sql.Tx, hub string, digests map[string][]byte, topics func(string) []string, now time.Time) error {
	if _, err := exec(ctx, tx, `
		INSERT INTO hub (hub, change) SELECT ?, change FROM house WHERE true
		ON CONFLICT DO UPDATE SET change = excluded.change`, hub); err != nil {
		return err
	}
	for tag, digest := range digests {
		n, err := exec(ctx, tx, `
			INSERT INTO hub_topic (hub, tag, digest) VALUES (?, ?, ?)
			ON CONFLICT DO UPDATE SET digest = excluded.digest WHERE digest <> excluded.digest`, hub, tag, digest)
		if err != nil {
			return err
		}
		if n == 0 {
			continue
		}
		for _, topic := range topics(tag) {
			if err := queuePing(ctx, tx, hub, topic, now); err != nil {
				return err
			}
		}
	}
	// A tag that comes back is told of again.
	known := make([]string, 0, len(digests))
	for tag := range digests {
		known = append(known, tag)
	}
	_, err := exec(ctx, tx, `DELETE FROM hub_topic WHERE hub = ? AND tag NOT IN (SELECT value FROM json_each(?))`, hub, list(known))
	return err
}

// queuePing puts a ping in the place of one of the same topic that waits.
func queuePing(ctx context.Context, tx *sql.Tx, hub, topic string, now time.Time) error {
	if _, err := exec(ctx, tx, `
		DELETE FROM ping WHERE hub = ? AND topic = ? AND state = 'queued'
		   AND change < (SELECT change FROM house)`, hub, topic); err != nil {
		return err
	}
	_, err := exec(ctx, tx, `
		INSERT INTO ping (hub, topic, change, created_at, state, due_at, at)
		SELECT ?1, ?2, change, ?3, 'queued', ?4, ?3 FROM house WHERE true ON CONFLICT DO NOTHING`,
		hub, topic, now.UnixMilli(), now.Add(pingWait).UnixMilli())
	return err
}

// ClaimPing implements [feed.Pings]. A locked database has none to claim.
func (s *Store) ClaimPing(ctx context.Context, hub string, now time.Time, lease time.Duration) (p feed.Ping, ok bool, err error) {
	const op = "claim a ping"
	var due bool
	err = s.read(ctx, op, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `
			SELECT locked = '' AND EXISTS (SELECT 1 FROM ping WHERE state = 'queued' AND due_at <= ? AND hub = ?) FROM house`,
			now.UnixMilli(), hub).Scan(&due)
	})
	if err != nil || !due {
		return feed.Ping{}, false, err
	}
	err = s.write(ctx, op, func(tx *sql.Tx) error {
		var created, until sql.NullInt64
		err := tx.QueryRowContext(ctx, `
			UPDATE ping SET due_at = ?, at = ?2, attempts = attempts + 1
			 WHERE id = (SELECT id FROM ping WHERE state = 'queued' AND due_at <= ?2 AND hub = ?3 ORDER BY due_at, id LIMIT 1)
			   AND (SELECT locked FROM house) = ''
			RETURNING id, hub, topic, created_at, state, attempts, due_at, note`, now.Add(lease).UnixMilli(), now.UnixMilli(), hub).
			Scan(&p.ID, &p.Hub, &p.Topic, &created, &p.State, &p.Attempts, &until, &p.Note)
		if errors.Is(err, sql.ErrNoRows) {
			return nil // another was faster
		}
		p.Created, p.Due, ok = instant(created), instant(until), err == nil
		return err
	})
	return p, ok && err == nil, err
}

// FinishPing implements [feed.Pings]. One that made room for a newer one meanwhile is
// gone.
func (s *Store) FinishPing(ctx context.Context, p feed.Ping, now time.Time) error {
	return s.write(ctx, "keep what became of a ping", func(tx *sql.Tx) error {
		_, err := exec(ctx, tx, `UPDATE ping SET state = ?, due_at = ?, at = ?, note = ? WHERE id = ? AND attempts = ?`,
			p.State, p.Due.UnixMilli(), now.UnixMilli(), p.Note, p.ID, p.Attempts)
		return err
	})
}
