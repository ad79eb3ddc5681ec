package web

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// slowly makes a page that says words, in a while.
func slowly(words string, while time.Duration) func(context.Context) (*document, error) {
	return func(ctx context.Context) (*document, error) {
		select {
		case <-time.After(while):
			return newDocument("text/plain", []byte(words)), nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// asked is what a visitor is shown, after how long.
func (c *pageCache) asked(ctx context.Context, make func(context.Context) (*document, error)) (words string, took time.Duration, err error) {
	begun := time.Now()
	d, err := c.get(ctx, "page", make)
	if d != nil {
		words = string(d.plain.data)
	}
	return words, time.Since(begun), err
}

// Who asks for a page that was never made waits no longer than they may, whoever
// asked before, and it is made all the same.
func TestNobodyWaitsLongerThanTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newPageCache((&counter{n: 1}).change, time.Now, pageMemory)
		var all sync.WaitGroup
		for _, want := range []time.Duration{time.Second, answerTime, answerTime} {
			all.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), want)
				defer cancel()
				_, took, err := c.asked(ctx, slowly("slow", 10*time.Second))
				if !errors.Is(err, context.DeadlineExceeded) || took != want || known(err).status != 503 {
					t.Errorf("after %s, not %s: %v", took, want, err)
				}
			})
		}
		all.Wait()
		time.Sleep(10*time.Second - answerTime)
		words, took, err := c.asked(t.Context(), slowly("made again", 0))
		if words != "slow" || took != 0 || err != nil {
			t.Errorf("%q after %s: %v", words, took, err)
		}
	})
}

// Where there is a former page, it is shown while the new one takes its time.
func TestTheFormerPageIsShownMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		count := &counter{n: 1}
		c := newPageCache(count.change, time.Now, pageMemory)
		if _, _, err := c.asked(t.Context(), slowly("former", 0)); err != nil {
			t.Fatal(err)
		}
		count.set(2, nil)
		time.Sleep(lookEvery)
		words, took, err := c.asked(t.Context(), slowly("new", 5*time.Second))
		if words != "former" || took != renewWithin || !ourFault(err) {
			t.Errorf("%q after %s: %v", words, took, err)
		}
		time.Sleep(5 * time.Second)
		words, took, err = c.asked(t.Context(), slowly("made again", 0))
		if words != "new" || took != 0 || err != nil {
			t.Errorf("%q after %s: %v", words, took, err)
		}
	})
}

// What panics where no request catches it is an error of this page alone.
func TestPanicsOfMakersAreErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newPageCache((&counter{n: 1}).change, time.Now, pageMemory)
		_, _, err := c.asked(t.Context(), func(context.Context) (*document, error) { panic("no such page") })
		if err == nil || !strings.Contains(err.Error(), "no such page") || known(err).status != 500 {
			t.Error(err)
		}
	})
}
