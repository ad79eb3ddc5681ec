package newsletter

import (
	"errors"
	"fmt"
	"time"
)

// Errors of a cut that its caller is expected to act on.
var (
	// ErrChanged says that posts changed, or another issue was written for the
	// same readers, between a [Snapshot] and the writing of its issue: plan again.
	ErrChanged = errors.New("posts changed while the issue was being made")
	// ErrWindowTaken says that the window was cut, or closed, before.
	ErrWindowTaken = errors.New("this window of the digest was handled before")
	// ErrLocked says that the database is a copy of another and may neither send
	// nor cut until the operator unlocks it: wait, or tell the operator.
	ErrLocked = errors.New("the database is locked and sends nothing")
)

// MissingVariant says that a recipient needs a variant that the issue does not
// hold yet: their topics changed after the cut was planned.
type MissingVariant struct {
	Publications []Publication // what the variant is to hold
}

func (e *MissingVariant) Error() string {
	return fmt.Sprintf("the issue has no variant of these %d posts yet", len(e.Publications))
}

// Lifetime is how long the deliveries of an issue are tried: news of a day is
// stale after a day, a week's may arrive until the third.
func (c Cadence) Lifetime() time.Duration {
	if c == Instant || c == Daily {
		return 24 * time.Hour
	}
	return 72 * time.Hour
}

// Closing is a window that gets no issue.
type Closing struct {
	Digest, Window string
	State          WindowState // WindowEmpty or WindowMissed
	Newest, Change int64       // as in the [Snapshot] that found nothing to send
}

// Expansion says how far an issue's recipients have been added.
type Expansion struct {
	Added int // deliveries written by this step
	Seen  int // subscribers looked at by this step
	Done  bool
}

// Unfinished is an issue that was written and still lacks recipients.
type Unfinished struct {
	Issue        Issue
	Audience     Audience
	Publications []Publication // every post that a variant of it may hold
}
