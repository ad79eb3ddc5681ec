package main

import (
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strconv"
	"time"

	"github.com/schollz/progressbar/v3"

	"postrider/mailer"
)

// progress shows how far something long has come: a bar with rate and time left
// on a terminal, a plain line now and then elsewhere, nothing with --quiet. All
// of it goes to stderr.
type progress struct {
	app      *app
	what     string
	inOctets bool // what is counted
	out      io.Writer
	now      func() time.Time
	began    time.Time
	said     time.Time
	limit    mailer.Rate // what goes out in a span at the most; zero for no limit
	least    float64     // how many seconds more it takes at the least, for other reasons
	next     time.Time   // when more can be done, where nothing can be now; zero if that is not known
	first    int64       // done before began
	at       [2]int64    // done, and ready to be, when it moved last
	moved    time.Time
	looked   time.Time                // when it was last seen how far it is
	bar      *progressbar.ProgressBar // on a terminal,
	columns  int                      // which was so wide when it was drawn last
	plain    bool
}

// How often what is shown changes: a terminal's line, and a line of its own where
// none can be redrawn.
const (
	barEvery   = 100 * time.Millisecond
	plainEvery = 5 * time.Second
	barWidth   = 16 // so that a whole line fits into 80 columns: one that is longer cannot be redrawn
	minColumns = 60 // of a terminal in which a line without a bar fits
)

func (a *app) progress(what string) *progress { return a.newProgress(what, false) }

// fileProgress is the progress of reading a file, in octets.
func (a *app) fileProgress(file string) *progress {
	return a.newProgress("reading "+filepath.Base(file), true)
}

func (a *app) newProgress(what string, inOctets bool) *progress {
	p := &progress{app: a, what: what, inOctets: inOctets, out: a.err, now: a.now, began: a.now(), said: a.now(), moved: a.now(), looked: a.now()}
	switch {
	case a.quiet:
	case terminal(a.err) && columns(a.err) >= minColumns:
		options := []progressbar.Option{
			progressbar.OptionSetWriter(a.err),
			progressbar.OptionSetDescription(what),
			progressbar.OptionSetWidth(barWidth),
			progressbar.OptionShowDescriptionAtLineEnd(),
			progressbar.OptionSetPredictTime(false),
			progressbar.OptionSetElapsedTime(false),
			progressbar.OptionSetSpinnerChangeInterval(0), // it is drawn when it is set, and only then
			progressbar.OptionClearOnFinish(),
		}
		if !inOctets { // of which the percentage says enough
			options = append(options, progressbar.OptionShowCount())
		}
		p.bar, p.columns = progressbar.NewOptions64(-1, options...), columns(a.err)
		a.bar = p
	default:
		p.plain = true
	}
	return p
}

// every is how often it is worth to find out how far it has come.
func (p *progress) every() time.Duration {
	if p.redraws() {
		return barEvery
	}
	return plainEvery
}

// redraws tells whether what is shown takes the place of what was shown before.
func (p *progress) redraws() bool { return p.bar != nil }

// resume says that this much was done before, by others: it counts for no rate.
func (p *progress) resume(done int64) {
	p.first, p.began, p.moved, p.looked = done, p.now(), p.now(), p.now()
}

// look notes that nothing is done yet.
func (p *progress) look() { p.looked = p.now() }

// set says that done of total are done; a total of 0 is not known yet.
func (p *progress) set(done, total int64) { p.setReady(done, total, total-done) }

// setReady is set where not all of the rest can be done now: what waits for its time
// takes none of ours.
func (p *progress) setReady(done, total, ready int64) {
	now := p.now()
	pace, quiet := p.pace(done, total, ready, now)
	if p.bar != nil {
		if now.Sub(p.said) < barEvery {
			return
		}
		if p.fits() {
			p.said = now
			p.draw(done, total, pace)
			return
		}
	}
	if p.bar == nil && !p.plain || now.Sub(p.said) < max(plainEvery, quiet/2) { // of a silence more and more seldom
		return
	}
	p.said = now
	of := ""
	if total > 0 {
		of = " of " + p.amount(total)
	}
	fmt.Fprintf(p.out, "%s: %s%s%s\n", p.what, p.amount(done), of, pace)
}

func (p *progress) draw(done, total int64, pace string) {
	if total > 0 && total != p.bar.GetMax64() {
		p.bar.ChangeMax64(total)
	}
	p.bar.Describe(p.what + pace)
	// A bar that cannot be drawn is no reason to stop the work.
	_ = p.bar.Set64(done)
}

// amount says how much is n of what is counted.
func (p *progress) amount(n int64) string {
	if p.inOctets {
		return octets(n)
	}
	return strconv.FormatInt(n, 10)
}

// pace says how fast it goes and how long it will take; where nothing has moved for
// longer than is usual, only for how long.
func (p *progress) pace(done, total, ready int64, now time.Time) (words string, quiet time.Duration) {
	if at := [2]int64{done, ready}; at != p.at {
		if done > p.first && p.at[0] <= p.first {
			p.began = p.looked // what was waited for first says nothing of the rest
		}
		p.at, p.moved = at, now
	}
	p.looked = now
	n := done - p.first
	if quiet := now.Sub(p.moved); ready != 0 && silent(quiet, p.moved.Sub(p.began), n) {
		words = ", nothing for " + quiet.Round(time.Second).String()
		if !p.next.After(now) {
			return words, quiet
		}
		next := ", the next at " + p.next.Local().Format(time.TimeOnly)
		if p.redraws() { // in 80 columns there is no room for both
			return next, quiet
		}
		return words + next, quiet
	}
	rate := float64(n) / max(now.Sub(p.began), time.Second).Seconds() // never of a moment
	words = ", " + p.amount(int64(math.Round(rate))) + "/s"
	if rate > 0 && ready > 0 {
		words += ", " + left(max(float64(ready)/rate, shortest(p.limit, total, ready), p.least))
	}
	return words, 0
}

// left says how much time is left, in whole seconds.
func left(seconds float64) string {
	return max(time.Duration(seconds*float64(time.Second)).Round(time.Second), time.Second).String() + " left"
}

// silent tells whether nothing has happened for so long that it says nothing any more
// how fast n things went before, in their span.
func silent(quiet, span time.Duration, n int64) bool {
	const short = 10 * time.Second
	return quiet > max(short, 3*span/time.Duration(max(n, 1)))
}

// fits tells whether the terminal is wide enough for a line now: a window may be made
// narrow and wide again at any time.
func (p *progress) fits() bool {
	width := columns(p.out)
	if width < p.columns {
		// A bar is taken away by as many spaces as it was long, which would be several lines now.
		_, _ = io.WriteString(p.out, "\r\x1b[J") // as in draw
		p.bar.Reset()
	}
	p.columns = width
	return width >= minColumns
}

// end takes the bar away.
func (p *progress) end() {
	if p.bar != nil {
		p.fits()
		_ = p.bar.Finish() // as in draw
		p.app.bar = nil
	}
}

// clear takes the bar away until it is set again.
func (p *progress) clear() { _ = p.bar.Clear() } // as in draw
