package mailer

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A relay that falls silent in the middle of its dialogue is told after half a minute. A
// command gives up once no answer can come any more; a service goes on, and tells when all
// is well again. One message that waits while others are answered is nothing to tell
// of before it is the last, and no reason to give up.
func TestOutboxTellsThatTheRelayIsSilent(t *testing.T) {
	const answers = 5 * time.Minute // how long one is waited for
	tests := map[string]struct {
		patience time.Duration
		silent   string        // to whom, while the relay hangs
		early    time.Duration // when it is told,
		late     time.Duration // at the latest
		gaveUp   bool
	}{
		"command":   {30 * time.Second, "@", 30 * time.Second, time.Minute, true},
		"service":   {0, "@", 30 * time.Second, time.Minute, false},
		"one alone": {30 * time.Second, "r100@", 2000 / 4 * time.Second, time.Hour, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				m := newMemory(t, 2000)
				o := outboxOn(m, &carrier{send: func(ctx context.Context, to string, _ int) error {
					if at := time.Since(start); at < 10*time.Second || at > time.Hour || !strings.Contains(to, tt.silent) {
						return linger(ctx, time.Second)
					}
					if err := linger(ctx, answers); err != nil {
						return err
					}
					return &SendError{Fate: Retry, Broken: true, Err: os.ErrDeadlineExceeded}
				}})
				var said bytes.Buffer
				var mu sync.Mutex
				var told []Trouble
				var first time.Duration
				o.Log = slog.New(slog.NewTextHandler(&said, nil))
				o.Troubled = func(_ context.Context, _ int64, trouble Trouble) error {
					mu.Lock()
					defer mu.Unlock()
					if told = append(told, trouble); first == 0 {
						first = time.Since(start)
					}
					return nil
				}
				o.Patience = tt.patience
				err := o.Run(t.Context(), m.settled)
				switch took := time.Since(start); {
				case tt.gaveUp && (!errors.Is(err, errOutOfReach) || took > answers+30*time.Second):
					t.Errorf("%v, after %v", err, took)
				case !tt.gaveUp && (err != nil || m.count(Sent) != 2000):
					t.Errorf("%v; %d were sent", err, m.count(Sent))
				}
				if len(told) == 0 || told[0].Words != errSilent.Error() || first < tt.early || first > tt.late {
					t.Errorf("told of %+v, after %v", told, first)
				}
				if !tt.gaveUp && told[len(told)-1] != (Trouble{}) {
					t.Errorf("told last of %+v", told[len(told)-1])
				}
				if !strings.Contains(said.String(), "does not answer") {
					t.Errorf("said\n%s", &said)
				}
			})
		})
	}
}

// An answer that comes while a silence is noted has the last word.
func TestSilenceIsNotNotedAfterAnAnswer(t *testing.T) {
	r, err := outboxOn(newMemory(t, 1), &carrier{}).newRun(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c := newCourier(r)
	carried := c.crew.carried.Load()
	c.silent(carried)
	if !r.silence() {
		t.Error("it does not note that nothing is answered")
	}
	c.carriedOne()
	c.silent(carried)
	if r.silence() {
		t.Error("it notes a silence that has ended")
	}
}
