package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"postrider/mailer"
	"postrider/newsletter"
)

// RetryDeliveries puts deliveries of an issue that failed or are uncertain back
// into the queue, due now, with their attempts kept; it opens the issue again
// and renews its time. Readers who may not be mailed any more are left out, and
// those who have had one of those posts since from another issue. It returns how many it put back.
func (s *Store) RetryDeliveries(ctx context.Context, id string, states []mailer.DeliveryState, now time.Time) (retried int64, err error) {
	for _, state := range states {
		if state != mailer.Failed && state != mailer.Uncertain {
			return 0, fmt.Errorf("retry issue %s: deliveries that are %s cannot be retried: want %s or %s",
				id, state, mailer.Failed, mailer.Uncertain)
		}
	}
	err = s.write(ctx, "retry issue "+id, func(tx *sql.Tx) error {
		is, err := issueByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if is.State == newsletter.Cancelled {
			return errorf(ErrInUse, "the issue is cancelled: readers whom it surely did not reach get its posts with their next one")
		}
		if pruned, err := prunedAt(ctx, tx, is.row); err != nil {
			return err
		} else if !pruned.IsZero() {
			return errorf(ErrInUse, "the deliveries of the issue were pruned: nobody knows any more who got it")
		}
		if retried, err = requeue(ctx, tx, is, states, now.UnixMilli()); err != nil || retried == 0 {
			return err
		}
		expires := now.Add(is.Expires.Sub(is.Created))
		if expires.Before(is.Expires) {
			expires = is.Expires
		}
		_, err = exec(ctx, tx, `
			UPDATE issue SET finished_at = NULL, expires_at = ?,
				state = CASE state WHEN 'finished' THEN 'sending' ELSE state END
			WHERE id = ?`, expires.UnixMilli(), is.row)
		return err
	})
	return retried, err
}

func requeue(ctx context.Context, tx *sql.Tx, is issue, states []mailer.DeliveryState, now int64) (int64, error) {
	var total int64
	for _, state := range states {
		again := requeueUncertain
		if state == mailer.Failed {
			again = requeueFailed
		}
		n, err := again(ctx, tx, is, now)
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

// requeueUncertain makes deliveries due that wait for a later time or the operator.
func requeueUncertain(ctx context.Context, tx *sql.Tx, is issue, now int64) (int64, error) {
	return exec(ctx, tx, `
		UPDATE delivery AS mine SET due_at = ?, at = ?
		WHERE issue_id = ? AND state = 'uncertain' AND worker_id IS NULL AND `+readerActive, now, now, is.row)
}

// readerActive: the reader of delivery mine may be mailed.
const readerActive = `EXISTS (SELECT 1 FROM subscriber AS s WHERE s.id = mine.subscriber_id AND s.state = 'active')`

// requeueFailed puts deliveries that failed back into the queue. Where their
// posts were given back, because their time was over, it takes them again.
func requeueFailed(ctx context.Context, tx *sql.Tx, is issue, now int64) (int64, error) {
	n, err := exec(ctx, tx, `
		UPDATE delivery AS mine SET state = 'queued', open = 1, reason = NULL, due_at = ?, at = ?
		WHERE issue_id = ? AND state = 'failed' AND `+readerActive+`
			AND (? OR NOT EXISTS (
				SELECT 1 FROM variant_post AS vp
				JOIN issue_post AS ip ON ip.post_id = vp.post_id AND ip.issue_id <> mine.issue_id
				JOIN delivery AS d ON d.issue_id = ip.issue_id AND d.subscriber_id = mine.subscriber_id
				JOIN variant_post AS held ON held.variant_id = d.variant_id AND held.post_id = vp.post_id
				WHERE vp.variant_id = mine.variant_id AND `+brought+`)
			AND NOT EXISTS (
				SELECT 1 FROM variant_post AS vp
				JOIN issue_post AS ip ON ip.post_id = vp.post_id AND ip.issue_id > mine.issue_id
				JOIN issue AS later ON later.id = ip.issue_id AND later.pruned_at IS NOT NULL
				WHERE vp.variant_id = mine.variant_id AND mine.subscriber_id <= later.last_id))`,
		now, now, is.row, is.audience.Again)
	if err != nil || n == 0 {
		return n, err
	}
	queued := `id IN (SELECT subscriber_id FROM delivery WHERE issue_id = ? AND state = 'queued')`
	if is.audience.Post == "" {
		return n, moveOn(ctx, tx, is.Newest, queued, is.row)
	}
	post, err := handSent(ctx, tx, is)
	if err != nil {
		return n, err
	}
	return n, post.skip(ctx, tx, queued, is.row)
}
