package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"postrider/mailer/smtptest"
)

// slowRelay is an SMTP server that takes its time, and tells a test how far it is.
type slowRelay struct {
	*smtptest.Server
	t      *testing.T
	script func(smtptest.Step) smtptest.Action // nil: none

	mu     sync.Mutex
	random *rand.Rand
	life   int         // which process is being served
	lives  map[int]int // the life in which each connection began
	left   int         // steps until reached is closed
	mark   chan struct{}
}

func newRelay(t *testing.T, script func(smtptest.Step) smtptest.Action) *slowRelay {
	t.Helper()
	return newRelayWith(t, smtptest.Options{}, script)
}

// newRelayWith gives a relay with other options; their script is its own.
func newRelayWith(t *testing.T, opts smtptest.Options, script func(smtptest.Step) smtptest.Action) *slowRelay {
	t.Helper()
	r := &slowRelay{t: t, script: script, random: rand.New(rand.NewPCG(1, 2)), lives: make(map[int]int)}
	opts.Script = r.step
	var err error
	if r.Server, err = smtptest.Start(opts); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// setting is the line of a configuration that leads to the relay.
func (r *slowRelay) setting(connections int) string {
	return fmt.Sprintf("transport: smtp\n  smtp: {host: 127.0.0.1, port: %d, security: none, connections: %d}", r.Port(), connections)
}

// step lets up to 4 ms pass around the moments that decide what a crash leaves.
func (r *slowRelay) step(s smtptest.Step) smtptest.Action {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.Verb == smtptest.Connect {
		r.lives[s.Conn] = r.life
	}
	if r.left--; r.left == 0 {
		close(r.mark)
	}
	if r.script != nil {
		if a := r.script(s); a != (smtptest.Action{}) {
			return a
		}
	}
	switch s.Verb {
	case smtptest.Body, smtptest.Dot, smtptest.Took, smtptest.Done:
		return smtptest.Action{Delay: within(r.random, 4*time.Millisecond)}
	}
	return smtptest.Action{}
}

// after gives a channel that is closed with the n-th step from now.
func (r *slowRelay) after(n int) <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left, r.mark = n, make(chan struct{})
	return r.mark
}

// begin says that another process is served from now on.
func (r *slowRelay) begin(life int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.life = life
}

// copies gives what each reader was brought, in order.
func (r *slowRelay) copies() map[string][]smtptest.Message {
	all := make(map[string][]smtptest.Message)
	for _, m := range r.Messages() {
		all[m.To] = append(all[m.To], m)
	}
	return all
}

// onceEach checks that every active reader of the site was brought one message,
// and nobody else any.
func (r *slowRelay) onceEach(s *site) {
	r.t.Helper()
	all := r.copies()
	for _, email := range s.active {
		if n := len(all[email]); n != 1 {
			r.t.Errorf("%s was brought %d messages", email, n)
		}
		delete(all, email)
	}
	if len(all) > 0 {
		r.t.Errorf("mail went also to %q", slices.Collect(maps.Keys(all)))
	}
}

// missedNobody checks that every active reader of the site was brought a message.
func (r *slowRelay) missedNobody(s *site) {
	r.t.Helper()
	all := r.copies()
	for _, email := range s.active {
		if len(all[email]) == 0 {
			r.t.Errorf("%s was missed", email)
		}
	}
}

// within is a random time below d.
func within(r *rand.Rand, d time.Duration) time.Duration {
	return time.Duration(r.Int64N(int64(d)))
}
