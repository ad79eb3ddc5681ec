package store

import (
	"context"
	"database/sql"
	"time"

	"postrider/newsletter"
)

// PauseIssue keeps workers from claiming deliveries of an open issue; what they
// hold and have not begun to send they give back. Recipients are still added.
// note says why, for people. An issue that has ended is [ErrInUse]; to pause one
// that is paused only changes the note, and news is false.
func (s *Store) PauseIssue(ctx context.Context, id, note string) (news bool, err error) {
	err = s.write(ctx, "pause issue "+id, func(tx *sql.Tx) error {
		is, err := issueByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := is.mustBeOpen(); err != nil {
			return err
		}
		news = is.State != newsletter.Paused
		_, err = exec(ctx, tx, `UPDATE issue SET state = 'paused', note = ?, paused_at = coalesce(paused_at, ?) WHERE id = ?`,
			note, s.options.now().UnixMilli(), is.row)
		return err
	})
	return news, err
}

// ResumeIssue ends a pause. What the pause took of the time of the issue is added to
// it. An issue that was not paused goes on as it is.
func (s *Store) ResumeIssue(ctx context.Context, id string, now time.Time) error {
	return s.write(ctx, "resume issue "+id, func(tx *sql.Tx) error {
		is, err := issueByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := is.mustBeOpen(); err != nil || is.State != newsletter.Paused {
			return err
		}
		if _, err := exec(ctx, tx, `
			UPDATE issue SET note = '', state = CASE WHEN expanded_to IS NULL THEN 'sending' ELSE 'expanding' END,
				expires_at = expires_at + max(?1 - coalesce(paused_at, ?1), 0), paused_at = NULL
			WHERE id = ?2`, now.UnixMilli(), is.row); err != nil {
			return err
		}
		return finish(ctx, tx, is.row, now.UnixMilli())
	})
}

func (is issue) mustBeOpen() error {
	if is.State.Ended() {
		return errorf(ErrInUse, "the issue is %s", is.State)
	}
	return nil
}

// CancelIssue ends an issue: what was not sent will not be, and its readers get
// those posts with their next one. What is being sent at this moment ends as it
// ends; what may have arrived is cancelled for the reason "uncertain" and not
// brought again. It returns how many deliveries it stopped.
func (s *Store) CancelIssue(ctx context.Context, id string, now time.Time) (stopped Stopped, err error) {
	err = s.write(ctx, "cancel issue "+id, func(tx *sql.Tx) error {
		is, err := issueByID(ctx, tx, id)
		if err != nil || is.State == newsletter.Cancelled {
			return err
		}
		stopped, err = cancel(ctx, tx, is, now)
		return err
	})
	return stopped, err
}

// CancelIssueAsSent ends an issue that another database has sent, the one that this is
// a copy of. What was not sent here may have arrived, so nobody gets its posts with their
// next one, nor do those who were not in it yet. An issue that has ended is [ErrInUse]. It
// returns how many deliveries it stopped, all of them in doubt.
func (s *Store) CancelIssueAsSent(ctx context.Context, id string, now time.Time) (stopped Stopped, err error) {
	err = s.write(ctx, "cancel issue "+id, func(tx *sql.Tx) error {
		is, err := issueByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := is.mustBeOpen(); err != nil {
			return err
		}
		if is.expandedTo.Valid {
			e := &expanding{tx: tx, is: is, now: now.UnixMilli(), from: is.expandedTo.Int64, to: is.lastID}
			if err := e.serveUnwritten(ctx); err != nil {
				return err
			}
		}
		if _, err := exec(ctx, tx,
			`UPDATE delivery SET doubtful = 1 WHERE issue_id = ? AND state IN ('queued', 'deferred')`, is.row); err != nil {
			return err
		}
		stopped, err = cancel(ctx, tx, is, now)
		return err
	})
	return stopped, err
}

// Stopped is how many deliveries ended because their issue was cancelled.
type Stopped struct {
	All     int64
	InDoubt int64 // of which the mail may have arrived, so that its posts were not given back
}

// cancel ends an open issue. What is in doubt is not given back.
func cancel(ctx context.Context, tx *sql.Tx, is issue, now time.Time) (stopped Stopped, err error) {
	if err := is.mustBeOpen(); err != nil {
		return stopped, err
	}
	if err := tx.QueryRowContext(ctx, `
		SELECT count(*), count(CASE WHEN doubtful THEN 1 END) FROM delivery INDEXED BY delivery_open
		WHERE issue_id = ? AND `+openDelivery+` AND state <> 'sending'`, is.row).Scan(&stopped.All, &stopped.InDoubt); err != nil {
		return stopped, err
	}
	if err := giveBack(ctx, tx, is, `d.state IN ('queued', 'deferred') AND NOT d.doubtful`); err != nil {
		return stopped, err
	}
	if _, err := exec(ctx, tx, `
		UPDATE delivery SET state = 'cancelled', open = 0, worker_id = NULL, due_at = NULL, at = ?,
			reason = CASE WHEN doubtful THEN 'uncertain' END
		WHERE issue_id = ? AND state IN ('queued', 'deferred')`, now.UnixMilli(), is.row); err != nil {
		return stopped, err
	}
	if _, err := exec(ctx, tx,
		`UPDATE issue SET state = 'cancelled', expanded_to = NULL WHERE id = ?`, is.row); err != nil {
		return stopped, err
	}
	return stopped, settleCancelled(ctx, tx, now.UnixMilli())
}

// settleCancelled ends what turned out uncertain in cancelled issues: nobody
// will try it again.
func settleCancelled(ctx context.Context, tx *sql.Tx, now int64) error {
	if _, err := exec(ctx, tx, `
		UPDATE delivery SET state = 'cancelled', open = 0, reason = 'uncertain', worker_id = NULL, due_at = NULL, at = ?
		WHERE issue_id IN (SELECT id FROM issue WHERE state = 'cancelled' AND finished_at IS NULL)
			AND state = 'uncertain'`, now); err != nil {
		return err
	}
	return finishOpen(ctx, tx, time.UnixMilli(now))
}

// finish ends an issue that has all its recipients and no open delivery.
func finish(ctx context.Context, tx *sql.Tx, issue, now int64) error {
	_, err := exec(ctx, tx, finishSQL+` AND id = ?`, now, issue)
	return err
}

// finishOpen does the same for every issue.
func finishOpen(ctx context.Context, tx *sql.Tx, now time.Time) error {
	_, err := exec(ctx, tx, finishSQL, now.UnixMilli())
	return err
}

// hasOpen: the issue has a delivery that has not ended. Left to itself SQLite
// goes through the whole issue for the answer, after every message.
const hasOpen = `EXISTS (SELECT 1 FROM delivery INDEXED BY delivery_open WHERE issue_id = issue.id AND ` + openDelivery + `)`

const finishSQL = `
	UPDATE issue SET finished_at = ?, state = CASE state WHEN 'cancelled' THEN state ELSE 'finished' END
	WHERE finished_at IS NULL AND expanded_to IS NULL
		AND NOT ` + hasOpen
