package store

import (
	"context"
	"database/sql"
	"errors"
	"iter"
	"strings"

	"postrider/newsletter"
)

// member is a subscriber with the number of its row.
type member struct {
	row int64
	newsletter.Subscriber
}

const memberColumns = `id, ref, coalesce(email, ''), name, state, cadence, topics, cursor, skip,
	paused_until, created_at, changed_at`

func scanMember(row scanner) (member, error) {
	var m member
	var topics, skip string
	var paused, created, changed sql.NullInt64
	err := row.Scan(&m.row, &m.ID, &m.Email, &m.Name, &m.State, &m.Cadence, &topics, &m.Cursor, &skip,
		&paused, &created, &changed)
	if err != nil {
		return member{}, err
	}
	m.PausedUntil, m.Created, m.Changed = instant(paused), instant(created), instant(changed)
	if m.Topics, err = unlist[string](topics); err != nil {
		return member{}, err
	}
	m.Skip, err = unlist[int64](skip)
	return m, err
}

// memberByKey finds the subscriber of an address, in whatever case it is written.
func memberByKey(ctx context.Context, tx *sql.Tx, a newsletter.Address) (member, error) {
	m, err := scanMember(tx.QueryRowContext(ctx,
		`SELECT `+memberColumns+` FROM subscriber WHERE email_key = ?`, a.Key()))
	if errors.Is(err, sql.ErrNoRows) {
		err = notFound("subscriber", string(a))
	}
	return m, err
}

func memberByID(ctx context.Context, tx *sql.Tx, id newsletter.ID) (member, error) {
	m, err := scanMember(tx.QueryRowContext(ctx,
		`SELECT `+memberColumns+` FROM subscriber WHERE ref = ?`, id))
	if errors.Is(err, sql.ErrNoRows) {
		err = notFound("subscriber", id.String())
	}
	return m, err
}

// Subscriber returns the subscriber with this address, whatever their state, or
// [ErrNotFound]. Who was erased has no address any more.
func (s *Store) Subscriber(ctx context.Context, a newsletter.Address) (newsletter.Subscriber, error) {
	var m member
	err := s.read(ctx, "read subscriber", func(tx *sql.Tx) (err error) {
		m, err = memberByKey(ctx, tx, a)
		return err
	})
	return m.Subscriber, err
}

// SubscriberByID returns the subscriber with this id, or [ErrNotFound].
func (s *Store) SubscriberByID(ctx context.Context, id newsletter.ID) (newsletter.Subscriber, error) {
	var m member
	err := s.read(ctx, "read subscriber", func(tx *sql.Tx) (err error) {
		m, err = memberByID(ctx, tx, id)
		return err
	})
	return m.Subscriber, err
}

// SubscriberQuery chooses subscribers. Its zero value chooses all but the erased.
type SubscriberQuery struct {
	States  []newsletter.State // none: all but the erased
	Cadence newsletter.Cadence // "": any
	Topic   string             // folded; "": any. Who chose no topics takes every topic and matches
}

// page is how many rows a streamed listing reads in one transaction.
const page = 1000

// where puts the query in SQL.
func (q SubscriberQuery) where() (string, []any) {
	var conditions []string
	var args []any
	if len(q.States) == 0 {
		conditions = append(conditions, `state <> 'erased'`)
	} else {
		conditions = append(conditions, `state IN (`+marks(len(q.States))+`)`)
		for _, state := range q.States {
			args = append(args, state)
		}
	}
	if q.Cadence != "" {
		conditions = append(conditions, `cadence = ?`)
		args = append(args, q.Cadence)
	}
	if q.Topic != "" {
		conditions = append(conditions,
			`(topics = '[]' OR EXISTS (SELECT 1 FROM json_each(topics) AS topic WHERE topic.value = ?))`)
		args = append(args, q.Topic)
	}
	return strings.Join(conditions, " AND "), args
}

// marks are n placeholders with commas between them.
func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }

// Subscribers streams the subscribers that the query chooses, in the order in
// which they joined. It reads page by page, so that neither memory nor a
// transaction grows with the list: who changes meanwhile is seen as before or
// as after. The first error ends it.
func (s *Store) Subscribers(ctx context.Context, q SubscriberQuery) iter.Seq2[newsletter.Subscriber, error] {
	where, args := q.where()
	query := `SELECT ` + memberColumns + ` FROM subscriber WHERE id > ? AND ` + where + ` ORDER BY id LIMIT ?`
	fetch := func(after int64) ([]member, error) {
		var members []member
		err := s.read(ctx, "list subscribers", func(tx *sql.Tx) error {
			bound := append(append([]any{after}, args...), page)
			return each(ctx, tx, func(row scanner) error {
				m, err := scanMember(row)
				members = append(members, m)
				return err
			}, query, bound...)
		})
		return members, err
	}
	return func(yield func(newsletter.Subscriber, error) bool) {
		for m, err := range paged(fetch, func(m member) int64 { return m.row }) {
			if !yield(m.Subscriber, err) {
				return
			}
		}
	}
}

// paged streams what fetch reads page by page; position tells after which row
// the next page begins.
func paged[T any](fetch func(after int64) ([]T, error), position func(T) int64) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var after int64
		for {
			items, err := fetch(after)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
				after = position(item)
			}
			if len(items) < page {
				return
			}
		}
	}
}

// SubscriberCounts says how many subscribers there are, by state and cadence.
type SubscriberCounts map[newsletter.State]map[newsletter.Cadence]int

// CountSubscribers counts the list, also the erased.
func (s *Store) CountSubscribers(ctx context.Context) (SubscriberCounts, error) {
	counts := make(SubscriberCounts)
	err := s.read(ctx, "count subscribers", func(tx *sql.Tx) error {
		return each(ctx, tx, func(row scanner) error {
			var state newsletter.State
			var cadence newsletter.Cadence
			var n int
			if err := row.Scan(&state, &cadence, &n); err != nil {
				return err
			}
			if counts[state] == nil {
				counts[state] = make(map[newsletter.Cadence]int)
			}
			counts[state][cadence] = n
			return nil
		}, `SELECT state, cadence, count(*) FROM subscriber GROUP BY state, cadence`)
	})
	return counts, err
}
