package store

import (
	"context"
	"database/sql"
	"time"
)

// aheadBy is how far in the future nothing is ever noted. A mail may wait longer, for
// its turn or to be tried again, but never beyond its own time.
const aheadBy = 48 * time.Hour

// dated is the condition for windows that were cut by schedule.
const dated = `window GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'`

// lastDay is the last date that a window may have: none is handled before its day, and
// that begins 14 hours before UTC's where it begins first (UTC+14).
func lastDay(now time.Time) string { return now.Add(24 * time.Hour).UTC().Format(time.DateOnly) }

// aheadSQL names what was noted after aheadBy, its ?1, and for windows after lastDay, ?2.
const aheadSQL = `
	SELECT 'window ' || window || ' of digest ' || digest AS name FROM digest_window WHERE ` + dated + ` AND window > ?2
	UNION ALL SELECT 'digest ' || name || ' is new' FROM digest WHERE first_seen > ?1
	UNION ALL SELECT 'post ' || slug || ' is published' FROM post WHERE numbered_at > ?1
	UNION ALL SELECT 'mail of issue ' || public_id || ' is due' FROM issue WHERE ` + dueAhead + `
	UNION ALL SELECT 'a mail to ' || kind || ' is due' FROM notice WHERE ` + openDelivery + ` AND due_at > max(?1, expires_at)`

// dueAhead are issues of which a delivery is due after the limit, and after the end of
// an issue that was not itself made then; found through the index delivery_open.
const dueAhead = `finished_at IS NULL AND EXISTS (SELECT 1 FROM delivery INDEXED BY delivery_open
	WHERE issue_id = issue.id AND ` + openDelivery + `
		AND due_at > CASE WHEN issue.created_at > ?1 THEN ?1 ELSE max(?1, issue.expires_at) END)`

// Ahead tells what is noted of days that have not come, as a clock that ran ahead leaves
// it behind, in words for the operator: the first few, none if all is in order. It holds
// up digests and mail until that time has really come, or until [Store.SeeDigests]
// undoes it.
func (s *Store) Ahead(ctx context.Context, now time.Time) ([]string, error) {
	var found []string
	err := s.read(ctx, "look for what a clock that ran ahead has noted", func(tx *sql.Tx) (err error) {
		found, err = some(ctx, tx, aheadSQL, now.Add(aheadBy).UnixMilli(), lastDay(now))
		return err
	})
	return found, err
}

// comeBack undoes what was noted while the clock ran ahead, by a month or a year,
// and would hold everything up until that time has really come: windows that
// were handled before their day, numbers and names that are younger than now,
// mail that is due in the far future. An issue that was cut then stays cut.
func (s *Store) comeBack(ctx context.Context, now time.Time) error {
	const op = "undo what a clock that ran ahead has noted"
	limit, day := now.Add(aheadBy).UnixMilli(), lastDay(now)
	var ahead bool
	err := s.read(ctx, op, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT EXISTS (`+aheadSQL+`)`, limit, day).Scan(&ahead)
	})
	if err != nil || !ahead {
		return err
	}
	return s.write(ctx, op, func(tx *sql.Tx) error {
		for _, statement := range []string{
			`DELETE FROM digest_window WHERE ` + dated + ` AND window > ?3 AND state <> 'cut'`,
			`UPDATE issue SET window = window || ' ahead ' || id WHERE digest <> '' AND ` + dated + ` AND window > ?3`,
			`UPDATE digest_window SET window = window || ' ahead ' || issue_id WHERE ` + dated + ` AND window > ?3`,
			`UPDATE digest SET first_seen = ?1 WHERE first_seen > ?2`,
			`UPDATE post SET numbered_at = ?1 WHERE numbered_at > ?2`,
			`UPDATE delivery SET due_at = ?1 WHERE ` + openDelivery + ` AND due_at > ?2
				AND issue_id IN (SELECT id FROM issue WHERE finished_at IS NULL)
				AND due_at > (SELECT CASE WHEN created_at > ?2 THEN ?2 ELSE expires_at END FROM issue WHERE id = issue_id)`,
			`UPDATE notice SET due_at = ?1 WHERE ` + openDelivery + ` AND due_at > max(?2, expires_at)`,
		} {
			if _, err := exec(ctx, tx, statement, now.UnixMilli(), limit, day); err != nil {
				return err
			}
		}
		return nil
	})
}
