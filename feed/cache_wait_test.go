package feed

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// asked is how long a reader waited, and for what.
func (s *served) asked(ctx context.Context) (*Document, time.Duration, error) {
	begun := time.Now()
	d, err := s.Document(ctx, Address{Format: RSS})
	return d, time.Since(begun), err
}

// Everybody who asks for a feed that was never made waits for as long as their own
// time lasts, and it is made all the same.
func TestNobodyWaitsLongerThanTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServed(t, 3)
		s.Wait = 8 * time.Second
		s.shelf.slow = 9 * time.Second
		hurried, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		var all sync.WaitGroup
		for ctx, want := range map[context.Context]time.Duration{t.Context(): s.Wait, hurried: 3 * time.Second} {
			for range 5 {
				all.Go(func() {
					if _, took, err := s.asked(ctx); !errors.Is(err, context.DeadlineExceeded) || took != want {
						t.Errorf("after %s, not %s: %v", took, want, err)
					}
				})
			}
		}
		all.Wait()
		time.Sleep(time.Second)
		d, took, err := s.asked(t.Context())
		if err != nil || took != 0 || s.shelf.asked != 1 {
			t.Fatalf("made %d times, given after %s: %v", s.shelf.asked, took, err)
		}
		s.shows(d, "Post 3")
	})
}

// Where there is a former document, it is given while the new one takes its time.
func TestTheFormerFeedIsGivenMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServed(t, 3)
		s.get(s.Cache)
		time.Sleep(time.Minute)
		s.shelf.slow = 5 * time.Second
		s.edit("New")
		for i, want := range []time.Duration{renewWithin, 0, 0} {
			d, took, err := s.asked(t.Context())
			if err != nil || took != want {
				t.Errorf("reader %d was answered after %s: %v", i, took, err)
			}
			s.shows(d, "Post 3")
		}
		time.Sleep(s.shelf.slow)
		d, took, err := s.asked(t.Context())
		if err != nil || took != 0 || s.shelf.asked != 2 {
			t.Errorf("made %d times, given after %s: %v", s.shelf.asked, took, err)
		}
		s.shows(d, "New")
	})
}

// While the database keeps no date, a feed is given without one.
func TestDatesAreNotWaitedForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServed(t, 3)
		s.dates.hang = true
		d, took, err := s.asked(t.Context())
		if err != nil || took != dateWithin || !d.Modified.IsZero() {
			t.Errorf("after %s, dated %v: %v", took, d.Modified, err)
		}
	})
}

// What panics where no request catches it is an error of this feed alone.
func TestPanicsAreErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServed(t, 3)
		s.Library.Posts = nil
		if _, _, err := s.asked(t.Context()); err == nil {
			t.Error("a feed of nothing")
		}
	})
}
