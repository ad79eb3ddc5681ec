//go:build unix

package main

import (
	"math/rand/v2"
	"sync"
	"syscall"
	"testing"
	"time"

	"postrider/mailer"
	"postrider/mailer/smtptest"
)

// chaos is a digest that everything happens to: its processes are killed while
// they cut, send and retry, two of them work at once, one is stopped for longer
// than its lease, and the relay refuses, defers and hangs up at random.
//
// POSTRIDER_KILLS and POSTRIDER_FAULTS say how often (see `make chaos`),
// POSTRIDER_SEED picks other moments.
type chaos struct {
	*site
	relay   *slowRelay
	uneasy  *uneasy
	random  *rand.Rand
	kills   int
	stops   int
	touched int               // processes that were killed or stopped, each with its connections
	sent    []map[string]bool // what the ledger said was sent, before each life
}

// uneasy is a relay's bad temper.
type uneasy struct {
	mu     sync.Mutex
	random *rand.Rand
	left   int // faults to come
	every  int // one in so many steps is one
	made   map[smtptest.Verb]int
}

// faults are what goes wrong at a step; which of them depends on chance.
var faults = map[smtptest.Verb][]string{
	smtptest.Connect: {"421 4.3.2 too many connections", ""},
	smtptest.Ehlo:    {"421 4.3.2 not now", ""},
	smtptest.Mail:    {"450 4.7.1 greylisted", "451 4.3.0 later", "421 4.3.2 going down", ""},
	smtptest.Rcpt:    {"450-4.2.1 busy\n450 4.2.1 mailbox", "452 4.2.2 full", "550 5.2.2 full for good", "421 4.3.2 going down", ""},
	smtptest.Data:    {"451 4.3.0 later", "421 4.3.2 going down", ""},
	smtptest.Body:    {""},
	smtptest.Dot:     {"451 4.3.0 later", "452 4.3.1 no room", "552 5.3.4 too large", "421 4.3.2 going down", ""},
	smtptest.Took:    {""},
	smtptest.Done:    {""},
}

func (u *uneasy) act(s smtptest.Step) smtptest.Action {
	u.mu.Lock()
	defer u.mu.Unlock()
	choices := faults[s.Verb]
	if u.left == 0 || len(choices) == 0 || u.random.IntN(u.every) > 0 {
		return smtptest.Action{}
	}
	u.left--
	u.made[s.Verb]++
	reply := choices[u.random.IntN(len(choices))]
	return smtptest.Action{Reply: reply, Drop: reply == ""}
}

func newChaos(t *testing.T, uncertain string) *chaos {
	t.Helper()
	seed := uint64(fromEnv(t, "POSTRIDER_SEED", 1))
	c := &chaos{kills: fromEnv(t, "POSTRIDER_KILLS", 12), random: rand.New(rand.NewPCG(seed, 1))}
	readers := max(300, 30*c.kills)
	amount := fromEnv(t, "POSTRIDER_FAULTS", 30)
	c.uneasy = &uneasy{random: rand.New(rand.NewPCG(seed, 2)), left: amount, made: make(map[smtptest.Verb]int),
		every: max(2, readers*5/max(amount, 1))}
	c.relay = newRelayWith(t, smtptest.Options{Pipelining: true}, c.uneasy.act)
	c.site = newSite(t, readers, c.relay.setting(connections), "uncertain: "+uncertain)
	return c
}

// run lives life after life until there were as many kills as wanted, or nothing is
// left to send.
func (c *chaos) run() (kills int) {
	c.t.Helper()
	for life := 0; kills < c.kills && life < 3*c.kills; life++ {
		c.relay.begin(life)
		c.note()
		if life%3 == 1 {
			c.later(mailer.Failed)
		}
		switch {
		case life%50 == 5:
			c.stopped()
			kills++
		case life%4 == 3:
			kills += c.both()
		default:
			kills += c.one(life)
		}
	}
	return kills
}

// one kills a process: before it sends, or after a random number of steps.
func (c *chaos) one(life int) int {
	p := c.start("digest", "send", "--yes")
	if life < 3 || life%5 == 0 {
		time.Sleep(within(c.random, 150*time.Millisecond))
		return c.end(p)
	}
	c.await(p)
	return c.end(p)
}

// both kills one of two and then the other.
func (c *chaos) both() int {
	first, second := c.start("deliver", "--until-idle"), c.start("digest", "send", "--yes")
	c.await(first)
	n := c.end(first)
	c.await(second)
	return n + c.end(second)
}

// stopped stops one of two for longer than its lease, so that the other takes its
// deliveries back, and lets it go on.
func (c *chaos) stopped() {
	first, second := c.start("deliver"), c.start("deliver")
	c.await(first)
	first.signal(syscall.SIGSTOP)
	c.stops++
	c.touched++
	time.Sleep(22 * time.Second) // a lease and the time until somebody looks
	first.signal(syscall.SIGCONT)
	c.await(second)
	c.end(first)
	c.end(second)
}

// await waits for some steps of the dialogue, or the end of a process that has
// nothing to do.
func (c *chaos) await(p *process) {
	steps := len(c.active) * 7 / c.kills / 5
	select {
	case <-c.relay.after(1 + c.random.IntN(steps)):
	case <-p.ended:
	case <-time.After(10 * time.Second): // the other has all there is
	}
}

// end kills a process, unless it has ended.
func (c *chaos) end(p *process) int {
	select {
	case <-p.ended:
		return 0
	default:
	}
	p.kill()
	c.touched++
	return 1
}

// Whatever happens, nobody is missed, and twice come at most the messages that were
// on their way when a process or a connection died.
func TestChaos(t *testing.T) {
	t.Parallel()
	c := newChaos(t, "resend")
	kills := c.run()
	c.finish(mailer.Failed, mailer.Uncertain)
	c.relay.Close()
	twice := c.compare()
	c.report(kills, twice)
	lost := c.uneasy.made[smtptest.Took] + c.uneasy.made[smtptest.Done]
	if most := c.touched*connections + lost; twice > most {
		t.Errorf("%d messages came twice, want at most %d", twice, most)
	}
	c.relay.missedNobody(c.site)
	c.finished()
}

// Under uncertain: hold nobody gets anything twice, and what the relay does not have
// is not said to be sent.
func TestChaosHeld(t *testing.T) {
	t.Parallel()
	c := newChaos(t, "hold")
	kills := c.run()
	c.finish(mailer.Failed)
	c.relay.Close()
	twice := c.compare()
	c.report(kills, twice)
	if twice > 0 {
		t.Errorf("%d messages came twice", twice)
	}
	l, copies := c.ledger(), c.relay.copies()
	t.Logf("%d deliveries wait for the operator", len(l.in(mailer.Uncertain)))
	for _, email := range c.active {
		switch state := l.states[email]; {
		case state == mailer.Sent && len(copies[email]) == 1:
		case state == mailer.Uncertain:
		default:
			t.Errorf("%s is %q, and the relay has %d messages", email, state, len(copies[email]))
		}
	}
}
