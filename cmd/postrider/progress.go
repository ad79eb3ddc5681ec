package main

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress shows how far something long has come: a bar with rate and time left
// on a terminal, a plain line now and then elsewhere, nothing with --quiet. All
// of it goes to stderr.
type progress struct {
	app   *app
	what  string
	out   io.Writer
	now   func() time.Time
	began time.Time
	said  time.Time
	first int64                    // done before began
	bar   *progressbar.ProgressBar // on a terminal
	plain bool
}

// How often what is shown changes: a terminal's line, and a line of its own where
// none can be redrawn.
const (
	barEvery   = 100 * time.Millisecond
	plainEvery = 5 * time.Second
)

func (a *app) progress(what string) *progress {
	p := &progress{app: a, what: what, out: a.err, now: a.now, began: a.now(), said: a.now()}
	switch {
	case a.quiet:
	case terminal(a.err):
		p.bar = progressbar.NewOptions64(-1,
			progressbar.OptionSetWriter(a.err),
			progressbar.OptionSetDescription(what),
			progressbar.OptionShowCount(),
			progressbar.OptionShowDescriptionAtLineEnd(),
			progressbar.OptionSetPredictTime(false),
			progressbar.OptionSetElapsedTime(false),
			progressbar.OptionThrottle(barEvery),
			progressbar.OptionClearOnFinish(),
		)
		a.bar = p
	default:
		p.plain = true
	}
	return p
}

// resume says that this much was done before, by others: it counts for no rate.
func (p *progress) resume(done int64) { p.first, p.began = done, p.now() }

// set says that done of total are done; a total of 0 is not known yet.
func (p *progress) set(done, total int64) {
	now := p.now()
	rate := float64(done-p.first) / max(now.Sub(p.began), time.Second).Seconds() // never of a moment
	if p.bar != nil {
		if total > 0 && total != p.bar.GetMax64() {
			p.bar.ChangeMax64(total)
		}
		if now.Sub(p.said) >= barEvery {
			p.said = now
			p.bar.Describe(fmt.Sprintf("%s, %.0f/s%s", p.what, rate, left(done, total, rate)))
		}
		// A bar that cannot be drawn is no reason to stop the work.
		_ = p.bar.Set64(done)
		return
	}
	if !p.plain || now.Sub(p.said) < plainEvery {
		return
	}
	p.said = now
	if total <= 0 {
		fmt.Fprintf(p.out, "%s: %d, %.0f/s\n", p.what, done, rate)
		return
	}
	fmt.Fprintf(p.out, "%s: %d of %d, %.0f/s%s\n", p.what, done, total, rate, left(done, total, rate))
}

func left(done, total int64, rate float64) string {
	if rate <= 0 || done >= total {
		return ""
	}
	span := time.Duration(float64(total-done) / rate * float64(time.Second))
	return ", " + span.Round(time.Second).String() + " left"
}

// end takes the bar away.
func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Finish() // as in set
		p.app.bar = nil
	}
}

// clear takes the bar away until it is set again.
func (p *progress) clear() { _ = p.bar.Clear() } // as in set
