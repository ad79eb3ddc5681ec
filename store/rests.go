package store

import (
	"context"
	"database/sql"
	"time"

	"postrider/mailer"
)

// DomainRests lists the domains that rest at a time, or did a short while ago, for
// whichever worker. A clock that ran ahead may have noted more: no domain rests for
// longer than [mailer.MaxPause]. It implements [mailer.Rests].
func (s *Store) DomainRests(ctx context.Context, now time.Time) ([]mailer.DomainRest, error) {
	var rests []mailer.DomainRest
	err := s.read(ctx, "read which domains rest", func(tx *sql.Tx) error {
		return each(ctx, tx, func(row scanner) error {
			var rest mailer.DomainRest
			var until int64
			err := row.Scan(&rest.Domain, &until, &rest.Strikes)
			rest.Until = time.UnixMilli(until).UTC()
			rests = append(rests, rest)
			return err
		}, `SELECT domain, until, strikes FROM domain_rest WHERE until BETWEEN ? AND ? ORDER BY domain`,
			now.Add(-mailer.MaxPause).UnixMilli(), now.Add(mailer.MaxPause).UnixMilli())
	})
	return rests, err
}

// NoteRests notes domains that rest from now on, with all their strikes, and forgets
// those without any, unless another worker has had them rest since. It implements
// [mailer.Rests].
func (s *Store) NoteRests(ctx context.Context, now time.Time, rests []mailer.DomainRest) error {
	return s.write(ctx, "note which domains rest", func(tx *sql.Tx) error {
		for _, rest := range rests {
			query, args := `DELETE FROM domain_rest WHERE domain = ? AND until <= ?`, []any{rest.Domain, now.UnixMilli()}
			if rest.Strikes > 0 {
				query = `INSERT INTO domain_rest (domain, until, strikes) VALUES (?, ?, ?)
					ON CONFLICT DO UPDATE SET until = excluded.until, strikes = max(strikes, excluded.strikes)
						WHERE until < excluded.until OR until > ?`
				args = []any{rest.Domain, rest.Until.UnixMilli(), rest.Strikes, now.Add(mailer.MaxPause).UnixMilli()}
			}
			if _, err := tx.ExecContext(ctx, query, args...); err != nil {
				return err
			}
		}
		return nil
	})
}
