package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"postrider/mailer/smtptest"
)

// While two work one outbox the clock of the machine is set wrong and right
// again. Neither takes the other for dead, and nobody gets anything twice. What is
// too old by the wrong clock has expired, and comes with the next digest.
func TestTheClockJumpsWhileSending(t *testing.T) {
	const year = 365 * 24 * time.Hour
	for _, jump := range []time.Duration{time.Hour, year, -time.Hour, -year} {
		t.Run(fmt.Sprint(jump), func(t *testing.T) {
			t.Parallel()
			relay := newRelay(t, func(step smtptest.Step) smtptest.Action {
				if step.Verb == smtptest.Dot {
					return smtptest.Action{Delay: 200 * time.Millisecond} // so that it lasts for some renewals
				}
				return smtptest.Action{}
			})
			s := newSite(t, 300, relay.setting(connections))
			s.must("digest", "send", "--yes", "--queue")
			var off atomic.Int64
			begun := relay.after(len(s.active) * 7 / 4)
			var both sync.WaitGroup
			for range 2 {
				both.Go(func() {
					var errs bytes.Buffer
					a := &app{in: strings.NewReader(""), out: io.Discard, err: &errs,
						now:    func() time.Time { return time.Now().Add(time.Duration(off.Load())) },
						getenv: func(string) string { return "" }}
					code := a.run(t.Context(), []string{"--config", s.path("config.yaml"), "deliver", "--until-idle"})
					if code != exitDone && code != exitIncomplete {
						t.Errorf("exit status %d", code)
					}
					if strings.Contains(errs.String(), "lease") {
						t.Errorf("one was taken for dead: %s", &errs)
					}
				})
			}
			<-begun
			off.Store(int64(jump))
			time.Sleep(7 * time.Second) // longer than either goes without a look at the other
			off.Store(0)
			both.Wait()
			s.start("digest", "send", "--yes").exits(exitDone)
			relay.onceEach(s)
		})
	}
}
