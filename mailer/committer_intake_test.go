package mailer

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// gathering is one call of gather under way; it gives the size of the group, 0 at the end.
func gathering(i *intake) <-chan int {
	done := make(chan int, 1)
	go func() {
		var g group
		i.gather(&g)
		done <- len(g.requests)
	}()
	synctest.Wait()
	return done
}

func TestIntakeWaitsForCompany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newIntake(16)
		i.want = 3
		i.took(time.Second)
		group := gathering(i)
		for n := range 3 {
			if len(group) > 0 {
				t.Fatalf("it did not wait for company with %d of 3", n)
			}
			i.put(request{})
			synctest.Wait()
		}
		if len(group) == 0 {
			t.Fatal("it waits for more than it wants")
		}
		if n := <-group; n != 3 || i.want != 3 {
			t.Errorf("gathered %d and wants %d the next time; want 3 and 3", n, i.want)
		}
	})
}

func TestIntakeWaitsForAPartOfATransaction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, test := range []struct{ took, wait time.Duration }{
			{400 * time.Microsecond, 200 * time.Microsecond},
			{time.Minute, maxGather}, // one that waited for a full disk
		} {
			i := newIntake(16)
			i.want = 8
			i.took(test.took)
			began := time.Now()
			group := gathering(i)
			for range 5 {
				i.put(request{})
			}
			if n := <-group; n != 5 || i.want != 5 {
				t.Errorf("gathered %d and wants %d the next time; want the 5 that came", n, i.want)
			}
			if waited := time.Since(began); waited != test.wait {
				t.Errorf("waited %s where a transaction takes %s; want %s", waited, test.took, test.wait)
			}
		}
	})
}

// Who works alone, or with few others, does not wait for those who do not come.
func TestIntakeWaitsForNobodyWhoDoesNotCome(t *testing.T) {
	for at := range 4 {
		synctest.Test(t, func(t *testing.T) {
			i := newIntake(16)
			i.took(time.Second)
			began := time.Now()
			for range 50 {
				for range at + 1 {
					i.put(request{})
				}
				if n := <-gathering(i); n != at+1 {
					t.Fatalf("gathered %d of %d", n, at+1)
				}
			}
			if waited := time.Since(began); waited > 0 {
				t.Errorf("%d who come together waited for %s", at+1, waited)
			}
		})
	}
}

// What the committer waits for is measured by its own transactions.
func TestCommitterTellsHowLongItTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, 1)
		m.latency = 2 * time.Millisecond
		r, err := outboxOn(m, &carrier{}).newRun(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		claims, err := m.Claim(t.Context(), r.member.number(), time.Now(), 1)
		if err != nil {
			t.Fatal(err)
		}
		var committing sync.WaitGroup
		committing.Go(r.commitAll)
		if _, err := r.commit(r.member.number(), Entry{Key: claims[0].Key, State: Sending}); err != nil {
			t.Fatal(err)
		}
		r.intake.close()
		committing.Wait()
		if want := m.latency / gatherPart; r.intake.limit != want {
			t.Errorf("it would wait for %s, want %s", r.intake.limit, want)
		}
	})
}

func TestIntakeWantsHalfOfTheCouriersAtMost(t *testing.T) {
	for couriers, most := range map[int]int{1: 1, 2: 1, 3: 1, 16: 8} {
		i := newIntake(couriers)
		var g group
		for range 40 {
			for range 20 {
				i.put(request{})
			}
			if !i.gather(&g) || len(g.requests) != 20 {
				t.Fatalf("gathered %d of 20 that have come", len(g.requests))
			}
		}
		if i.want != most {
			t.Errorf("of %d couriers it waits for %d; want %d", couriers, i.want, most)
		}
	}
}

func TestIntakeClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newIntake(16)
		i.want = 8
		i.took(maxGather)
		group := gathering(i)
		i.put(request{})
		synctest.Wait()
		i.close()
		synctest.Wait()
		if len(group) == 0 {
			t.Fatal("it waits for company that cannot come")
		}
		if n := <-group; n != 1 {
			t.Errorf("gathered %d, want the one that had come", n)
		}
		if n := <-gathering(i); n != 0 {
			t.Errorf("gathered %d after the last", n)
		}
	})
}

func TestIntakeLosesNothing(t *testing.T) {
	const couriers, each = 16, 500
	i := newIntake(couriers)
	var working sync.WaitGroup
	for c := range couriers {
		working.Go(func() {
			answers := make(chan answer, 1)
			for range each {
				i.put(request{worker: int64(c), answer: answers})
				<-answers
			}
		})
	}
	go func() {
		working.Wait()
		i.close()
	}()
	got := make(map[int64]int)
	var g group
	for i.gather(&g) {
		for _, q := range g.requests {
			got[q.worker]++
			q.answer <- answer{}
		}
		i.took(50 * time.Microsecond)
	}
	for c := range int64(couriers) {
		if got[c] != each {
			t.Errorf("of courier %d %d requests were gathered, want %d", c, got[c], each)
		}
	}
}
