package main

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// Where each delivery that comes due is sent at once, things stop moving again and again.
func TestSeldomWhereLittleMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		polls, counts := 0, 0
		ask := seldom(5*time.Second,
			func(context.Context) (bool, error) { polls++; return polls%2 == 1, nil },
			func(context.Context) (bool, error) {
				counts++
				time.Sleep(700 * time.Millisecond)
				return false, nil
			})
		for end := time.Now().Add(10 * time.Minute); time.Now().Before(end); time.Sleep(time.Second) {
			if _, err := ask(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if most := 2 * 10 * 60 / (20 * 7 / 10); counts > most {
			t.Errorf("counted %d times in 10 minutes, which takes 0.7 s; want a tenth of the time at most, %d times", counts, most)
		}
	})
}

func TestSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		moves, counts, takes := true, 0, 100*time.Millisecond
		ask := seldom(5*time.Second,
			func(context.Context) (bool, error) { return moves, nil },
			func(context.Context) (bool, error) {
				counts++
				time.Sleep(takes)
				return !moves, nil
			})
		// poll asks every second for so long, and gives how often was counted and the last answer.
		poll := func(d time.Duration) (n int, over bool) {
			before := counts
			for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(time.Second) {
				var err error
				if over, err = ask(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			return counts - before, over
		}
		if n, over := poll(time.Minute); n < 10 || n > 12 || over {
			t.Errorf("counted %d times in a minute, over %v; want once in five seconds", n, over)
		}
		takes = 10 * time.Second
		if n, _ := poll(10 * time.Minute); n != 3 {
			t.Errorf("counted %d times in 10 minutes, which takes 10 s; want for a twentieth of the time", n)
		}
		moves = false
		if n, over := poll(time.Second); n != 1 || !over {
			t.Errorf("counted %d times when nothing moves any more, over %v; want at once", n, over)
		}
		takes = 100 * time.Millisecond
		poll(5 * time.Minute) // until the last long one is forgotten
		if n, over := poll(time.Minute); n < 20 {
			t.Errorf("counted %d times in a minute in which nothing moves, over %v; want after two seconds each", n, over)
		}
	})
}
