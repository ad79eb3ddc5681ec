package newsletter

import (
	"slices"
	"time"
)

// Served is what a reader has been served: every publication up to Cursor, and
// those above it in Skip, which were sent by hand. It is a value: its methods
// return what becomes of it and never change the slice they were given.
type Served struct {
	Cursor int64
	Skip   []int64 // above Cursor, ascending, without duplicates
}

// Served is what s has been served.
func (s Subscriber) Served() Served { return Served{s.Cursor, s.Skip} }

// Served is what everyone in g has been served.
func (g Group) Served() Served { return Served{g.Cursor, g.Skip} }

// Has tells whether a cut leaves publication n out.
func (s Served) Has(n int64) bool {
	if n <= s.Cursor {
		return true
	}
	_, found := slices.BinarySearch(s.Skip, n)
	return found
}

// Through is s once an issue up to publication newest was cut: the cursor is
// there and the numbers it passed need no skipping. It never goes back. It is
// also what becomes of a reader who returns, with newest from [StartCursor]:
// the posts that went out while they were away stay unsent.
func (s Served) Through(newest int64) Served {
	if newest <= s.Cursor {
		return s
	}
	passed, found := slices.BinarySearch(s.Skip, newest)
	if found {
		passed++
	}
	return Served{newest, slices.Clip(s.Skip[passed:])}
}

// With is s once publication n was sent by hand.
func (s Served) With(n int64) Served {
	at, found := slices.BinarySearch(s.Skip, n)
	if n <= s.Cursor || found {
		return s
	}
	return Served{s.Cursor, slices.Insert(slices.Clone(s.Skip), at, n)}
}

// Without is s once the hand-sent publication n was cancelled or expired before
// it went out. If a later issue was cut already, n is behind the cursor and stays there.
func (s Served) Without(n int64) Served {
	at, found := slices.BinarySearch(s.Skip, n)
	if !found {
		return s
	}
	return Served{s.Cursor, slices.Delete(slices.Clone(s.Skip), at, at+1)}
}

// GiveBack is s once the delivery of an issue was cancelled or expired before it
// went out: the cursor returns from newest, where the cut put it, to
// start, where the delivery began. byHand are the publications that this reader
// was sent by hand, in any order; those between the two are skipped again. If a
// later issue moved the cursor on, s stays as it is.
func (s Served) GiveBack(newest, start int64, byHand []int64) Served {
	if s.Cursor != newest || start >= newest {
		return s
	}
	back := Served{start, s.Skip}
	for _, n := range byHand {
		back = back.With(n)
	}
	return back
}

// StartCursor is where a new reader begins: at the last cut of the digest they
// joined, so that the posts of the running window come to them, but at most one
// period back. lastCut is the Newest of that digest's last issue or closed window
// (0: none yet), periodAgo the last publication at [Cadence.PeriodStart].
func StartCursor(lastCut, periodAgo int64) int64 { return max(lastCut, periodAgo) }

// PeriodStart is one period of the cadence before now: a day, a week or a
// calendar month in now's location. The last of a month goes back to the last
// of a shorter one. Instant has no period: it is now.
func (c Cadence) PeriodStart(now time.Time) time.Time {
	switch c {
	case Daily:
		return now.AddDate(0, 0, -1)
	case Weekly:
		return now.AddDate(0, 0, -7)
	case Monthly:
		return MonthsAfter(now, -1)
	}
	return now
}
