package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"postrider/mailer"
)

// Enlist registers a process that works the outbox and returns its number,
// which is never used for another. When it returns, the note beside the database says
// that the house is older than any copy that was made before. It implements [mailer.Queue].
func (s *Store) Enlist(ctx context.Context, p mailer.Process, lease time.Time) (worker int64, err error) {
	err = s.ageing(ctx, "enlist a worker", true, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx,
			`INSERT INTO worker (host, pid, started, lease) VALUES (?, ?, ?, ?) RETURNING id`,
			p.Host, p.PID, p.Started, lease.UnixMilli()).Scan(&worker)
	})
	return worker, err
}

// Renew prolongs a worker's lease and takes back what dead workers hold. It
// fails with [ErrLeaseLost] if the worker was itself taken for dead. It
// implements [mailer.Queue].
func (s *Store) Renew(ctx context.Context, worker int64, now, lease time.Time, alive func(mailer.Process) bool) error {
	return s.ageing(ctx, "renew a worker's lease", false, func(tx *sql.Tx) error {
		n, err := exec(ctx, tx, `UPDATE worker SET lease = ? WHERE id = ?`, lease.UnixMilli(), worker)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrLeaseLost
		}
		dead, err := s.deadWorkers(ctx, tx, worker, lease.Sub(now), alive)
		if err != nil {
			return err
		}
		for _, id := range dead {
			if err := s.strike(ctx, tx, id, now); err != nil {
				return err
			}
			s.leases.forget(id)
		}
		return nil
	})
}

// deadWorkers lists the others whose lease has stood still for as long as leases
// last, or whose process is known to be gone.
func (s *Store) deadWorkers(ctx context.Context, tx *sql.Tx, worker int64, lasts time.Duration, alive func(mailer.Process) bool) ([]int64, error) {
	var dead, all []int64
	err := each(ctx, tx, func(row scanner) error {
		var id int64
		var p mailer.Process
		var lease int64
		if err := row.Scan(&id, &p.Host, &p.PID, &p.Started, &lease); err != nil {
			return err
		}
		all = append(all, id)
		if s.leases.dead(id, lease, lasts) || !alive(p) {
			dead = append(dead, id)
		}
		return nil
	}, `SELECT id, host, pid, started, lease FROM worker WHERE id <> ? ORDER BY id`, worker)
	if err == nil {
		s.leases.keep(all)
	}
	return dead, err
}

func liveWorkers(ctx context.Context, tx *sql.Tx, now time.Time) (n int, err error) {
	err = tx.QueryRowContext(ctx, `SELECT count(*) FROM worker WHERE lease >= ?`, now.UnixMilli()).Scan(&n)
	return n, err
}

// Release returns what a worker still holds and strikes it off. One that was
// struck off before is no error. It implements [mailer.Queue].
func (s *Store) Release(ctx context.Context, worker int64) error {
	return s.ageing(ctx, "release a worker's deliveries", false, func(tx *sql.Tx) error {
		return s.strike(ctx, tx, worker, s.options.now())
	})
}

// heldDeliveries are those that a worker holds. It must use the index delivery_open.
const heldDeliveries = `delivery INDEXED BY delivery_open WHERE issue_id IN (SELECT id FROM issue WHERE finished_at IS NULL)
	AND ` + openDelivery + ` AND due_at IS NULL AND worker_id = ?`

// strike takes back what a worker holds: what it was sending has become
// uncertain, the rest is due as it was: at the latest since its last change.
func (s *Store) strike(ctx context.Context, tx *sql.Tx, worker int64, now time.Time) error {
	uncertainDue := millis(now)
	if s.options.HoldUncertain {
		uncertainDue = sql.NullInt64{}
	}
	for _, held := range []string{heldDeliveries, "notice WHERE worker_id = ?"} {
		table, which, _ := strings.Cut(held, "WHERE")
		_, err := exec(ctx, tx, fmt.Sprintf(`
			UPDATE %s SET worker_id = NULL,
				due_at = CASE state WHEN 'sending' THEN ? ELSE at END,
				at     = CASE state WHEN 'sending' THEN ? ELSE at END,
				doubtful = doubtful OR state = 'sending',
				state  = CASE state WHEN 'sending' THEN 'uncertain' ELSE state END
			WHERE %s`, table, which),
			uncertainDue, now.UnixMilli(), worker)
		if err != nil {
			return err
		}
	}
	if _, err := exec(ctx, tx, `DELETE FROM worker WHERE id = ?`, worker); err != nil {
		return err
	}
	return settleCancelled(ctx, tx, now.UnixMilli())
}
