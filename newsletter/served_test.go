package newsletter

import (
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"
)

func TestServed(t *testing.T) {
	s := Served{5, []int64{7, 9}}
	for _, c := range []struct {
		name string
		got  Served
		want Served
	}{
		{"through a number between", s.Through(8), Served{8, []int64{9}}},
		{"through one sent by hand", s.Through(7), Served{7, []int64{9}}},
		{"through all", s.Through(9), Served{9, []int64{}}},
		{"never back", s.Through(4), s},
		{"with a new one", s.With(8), Served{5, []int64{7, 8, 9}}},
		{"with one it has", s.With(7), s},
		{"with one behind", s.With(5), s},
		{"without", s.Without(7), Served{5, []int64{9}}},
		{"without one it has not", s.Without(8), s},
		{"without one behind", s.Without(3), s},
		{"given back", s.GiveBack(5, 2, []int64{7, 1, 4}), Served{2, []int64{4, 7, 9}}},
		{"given back after a later cut", s.GiveBack(4, 2, []int64{3}), s},
	} {
		if c.got.Cursor != c.want.Cursor || !slices.Equal(c.got.Skip, c.want.Skip) {
			t.Errorf("%s: %v, want %v", c.name, c.got, c.want)
		}
	}
	if !reflect.DeepEqual(s, Served{5, []int64{7, 9}}) {
		t.Errorf("a method changed its receiver's slice: %v", s)
	}
	for n, want := range map[int64]bool{1: true, 5: true, 6: false, 7: true, 8: false, 9: true, 10: false} {
		if s.Has(n) != want {
			t.Errorf("Has(%d) = %t", n, !want)
		}
	}
}

func TestStart(t *testing.T) {
	if StartCursor(3, 8) != 8 || StartCursor(8, 3) != 8 || StartCursor(0, 0) != 0 {
		t.Error("a reader starts at the last cut, at most one period back")
	}
	at := func(m time.Month, d int) time.Time { return time.Date(2026, m, d, 9, 30, 0, 0, time.UTC) }
	for _, c := range []struct {
		cadence   Cadence
		now, want time.Time
	}{
		{Instant, at(3, 31), at(3, 31)},
		{Daily, at(3, 1), at(2, 28)},
		{Weekly, at(3, 4), at(2, 25)},
		{Monthly, at(3, 15), at(2, 15)},
		{Monthly, at(3, 31), at(2, 28)},
		{Monthly, at(5, 31), at(4, 30)},
	} {
		if got := c.cadence.PeriodStart(c.now); !got.Equal(c.want) {
			t.Errorf("%s period before %s starts %s, want %s", c.cadence, c.now, got, c.want)
		}
	}
}

// life is one reader's, with a list of posts, seen by a test that remembers
// everything that was sent.
type life struct {
	rng     *rand.Rand
	pubs    []Publication
	topics  []string
	cadence Cadence
	served  Served
	got     map[int64]int
	byHand  []int64
	// the last delivery, which may still be cancelled
	held  []Publication
	start int64
	end   int64
}

func (l *life) publish() {
	tags := [][]string{nil, {"go"}, {"art"}, {"art", "go"}}
	l.pubs = append(l.pubs, pub(int64(len(l.pubs)+1), tags[l.rng.IntN(len(tags))]...))
}

func (l *life) cut(c Cadence) {
	if c != l.cadence {
		return
	}
	l.settle()
	newest := int64(len(l.pubs))
	l.held = Select(l.pubs, Group{Cursor: l.served.Cursor, Skip: l.served.Skip, Topics: l.topics})
	l.start, l.end = l.served.Cursor, newest
	l.served = l.served.Through(newest)
}

// settle lets the last delivery arrive.
func (l *life) settle() {
	for _, p := range l.held {
		l.got[p.Number]++
	}
	l.held = nil
}

// cancel takes the last delivery back before it arrived.
func (l *life) cancel() {
	if len(l.held) > 0 {
		l.held = nil
		l.served = l.served.GiveBack(l.end, l.start, l.byHand)
	}
}

// send brings one post by hand, unless the reader has it or is about to.
func (l *life) send(cancelled bool) {
	if len(l.pubs) == 0 {
		return
	}
	n := 1 + l.rng.Int64N(int64(len(l.pubs)))
	if l.got[n] > 0 || slices.ContainsFunc(l.held, func(p Publication) bool { return p.Number == n }) {
		return
	}
	before := l.served
	l.served = l.served.With(n)
	if cancelled {
		l.served = l.served.Without(n)
		if l.served.Has(n) != before.Has(n) {
			panic("a cancelled send left a trace")
		}
		return
	}
	l.got[n]++
	l.byHand = append(l.byHand, n)
}

// Whatever a reader does with their cadence, and the operator with single
// posts and issues: every post they want comes exactly once.
func TestEveryPostExactlyOnce(t *testing.T) {
	for seed := range uint64(2000) {
		rng := rand.New(rand.NewPCG(seed, 1))
		l := &life{rng: rng, cadence: Weekly, got: map[int64]int{}}
		if rng.IntN(2) == 0 {
			l.topics = []string{"go"}
		}
		for range 120 {
			switch rng.IntN(8) {
			case 0, 1:
				l.publish()
			case 2:
				l.cadence = Cadences()[rng.IntN(4)]
			case 3:
				l.send(rng.IntN(3) == 0)
			case 4:
				l.cancel()
			default:
				l.cut(Cadences()[rng.IntN(4)])
			}
		}
		l.cut(l.cadence)
		l.settle()
		checkLife(t, seed, l)
		if t.Failed() {
			return
		}
	}
}

func checkLife(t *testing.T, seed uint64, l *life) {
	t.Helper()
	for _, p := range l.pubs {
		want := 0
		if p.Matches(l.topics) || slices.Contains(l.byHand, p.Number) {
			want = 1
		}
		if l.got[p.Number] != want {
			t.Errorf("seed %d: post %d came %d times, want %d (%v)", seed, p.Number, l.got[p.Number], want,
				slices.Sorted(maps.Keys(l.got)))
		}
	}
}

// The walk that the promise names: weekly, daily, weekly.
func TestWeeklyDailyWeekly(t *testing.T) {
	l := &life{rng: rand.New(rand.NewPCG(1, 1)), cadence: Weekly, got: map[int64]int{}}
	for _, c := range []Cadence{Weekly, Daily, Weekly} {
		l.cadence = c
		for range 3 {
			l.publish()
			l.cut(Daily)
			l.publish()
		}
		l.cut(Weekly)
	}
	l.cut(Weekly)
	l.settle()
	checkLife(t, 1, l)
}
