package main

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"postrider/mailer"
	"postrider/mailer/smtptest"
	"postrider/store"
)

// connections is how many the killed processes hold at once.
const connections = 4

// fromEnv reads a number by which a person makes a test longer or other.
func fromEnv(t *testing.T, name string, usual int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// killing is a digest whose process is killed again and again. POSTRIDER_KILLS
// says how often, POSTRIDER_SEED picks other moments.
type killing struct {
	*site
	relay   *slowRelay
	random  *rand.Rand
	kills   int
	opening time.Duration // from the start of a process to its first word to the relay
	sent    []map[string]bool
}

func newKilling(t *testing.T, usual int, uncertain string) *killing {
	seed := fromEnv(t, "POSTRIDER_SEED", 1)
	k := &killing{kills: fromEnv(t, "POSTRIDER_KILLS", usual), random: rand.New(rand.NewPCG(uint64(seed), 0))}
	t.Logf("%d kills, seed %d", k.kills, seed)
	k.relay = newRelay(t, nil)
	setting := k.relay.setting(connections)
	k.site = newSite(t, 1, setting) // a rehearsal
	begun := k.relay.after(1)
	p := k.start("digest", "send", "--yes")
	<-begun
	k.opening = time.Since(p.began)
	p.exits(exitDone)

	k.relay = newRelay(t, nil)
	k.site = newSite(t, max(400, 20*k.kills), k.relay.setting(connections), "uncertain: "+uncertain)
	return k
}

// moment is when the process of this life dies: after a random number of steps
// of the dialogue, few enough that mail remains for the last life. One in three
// dies at a random time before it has begun to send.
func (k *killing) moment(life int) <-chan struct{} {
	const steps = 7 // MAIL to DONE
	budget := len(k.active) * steps / k.kills * 3 / 4
	reached := k.relay.after(1 + k.random.IntN(budget))
	late := time.After(time.Hour)
	if life%3 == 0 || life < 3 {
		late = time.After(within(k.random, k.opening))
	}
	more := within(k.random, 3*time.Millisecond)
	dead := make(chan struct{})
	go func() {
		defer close(dead)
		select {
		case <-late:
		case <-reached:
			time.Sleep(more) // or every death would be in the middle of an answer
		}
	}()
	return dead
}

// run kills process after process, looking at the ledger after each.
func (k *killing) run() {
	k.t.Helper()
	for life := range k.kills {
		k.relay.begin(life)
		dead := k.moment(life)
		p := k.start("digest", "send", "--yes")
		select {
		case <-dead:
			p.kill()
		case <-p.ended:
			k.t.Fatalf("life %d ended by itself: %v\n%s%s", life, p.ProcessState, &p.out, &p.err)
		}
		k.note()
	}
	k.relay.begin(k.kills)
}

// note remembers what the ledger says was sent: from here on it must not be
// sent again. What it once knows of, it may not lose.
func (k *killing) note() {
	k.t.Helper()
	l := k.ledger()
	if l.issue.ID != "" && len(l.states) != len(k.active) && l.issue.State != "expanding" {
		k.t.Fatalf("the issue is %s and has %d deliveries, want %d", l.issue.State, len(l.states), len(k.active))
	}
	sent := make(map[string]bool)
	for _, email := range l.in(mailer.Sent) {
		sent[email] = true
	}
	k.sent = append(k.sent, sent)
}

// compare holds what the relay has seen against the promise, and tells how many
// messages came twice.
func (k *killing) compare() (twice int) {
	k.t.Helper()
	last := make(map[int]smtptest.Message) // of each connection
	for _, m := range k.relay.Messages() {
		last[m.Conn] = m
	}
	all := k.relay.copies()
	for _, email := range k.active {
		copies := all[email]
		delete(all, email)
		for i, m := range copies {
			life := k.relay.lives[m.Conn]
			if life > 0 && k.sent[life-1][email] {
				k.t.Errorf("%s is brought a message in life %d, after the ledger said it was sent", email, life)
			}
			if i == len(copies)-1 {
				continue
			}
			twice++
			again := copies[i+1]
			if k.relay.lives[again.Conn] <= life {
				k.t.Errorf("%s is brought two messages by one process, in life %d", email, life)
			}
			if last[m.Conn].To != email {
				k.t.Errorf("%s is brought another message, though the first was not in flight at the kill", email)
			}
			if m.ID == "" || m.ID != again.ID || !bytes.Equal(m.Data, again.Data) {
				k.t.Errorf("%s is brought two different messages, %s and %s", email, m.ID, again.ID)
			}
		}
	}
	for email := range all {
		k.t.Errorf("mail went also to %s", email)
	}
	return twice
}

// oneWindow checks that the digest was cut once.
func (k *killing) oneWindow() {
	k.t.Helper()
	k.look(func(ctx context.Context, st *store.Store) {
		windows, err := st.Windows(ctx, "weekly", 9)
		if err != nil || len(windows) != 1 {
			k.t.Errorf("windows %+v, %v; want one", windows, err)
		}
	})
}

// A digest whose process is killed at random moments and run again reaches
// everybody, and twice only those whose message was in flight at a kill.
func TestKilledDigestIsResent(t *testing.T) {
	t.Parallel()
	k := newKilling(t, 20, "resend")
	k.run()
	k.must("digest", "send", "--yes")
	k.relay.Close()
	twice := k.compare()
	t.Logf("%d messages came twice", twice)
	k.relay.missedNobody(k.site)
	k.finished()
	k.oneWindow()
	k.start("digest", "send", "--yes").exits(exitDone, "Nothing new to send")
}

// Under uncertain: hold nobody gets anything twice, and what was in flight waits
// for the operator.
func TestKilledDigestIsHeld(t *testing.T) {
	t.Parallel()
	k := newKilling(t, 20, "hold")
	k.run()
	k.start("digest", "send", "--yes").exits(exitIncomplete, "uncertain")
	if twice := k.compare(); twice > 0 {
		t.Errorf("%d messages came twice", twice)
	}
	l := k.ledger()
	uncertain := l.in(mailer.Uncertain)
	t.Logf("%d deliveries are uncertain", len(uncertain))
	if len(uncertain) > connections*k.kills || len(uncertain)+len(l.in(mailer.Sent)) != len(k.active) {
		t.Errorf("%d uncertain and %d sent of %d, after %d kills of %d connections",
			len(uncertain), len(l.in(mailer.Sent)), len(k.active), k.kills, connections)
	}
	all := k.relay.copies()
	for _, email := range l.in(mailer.Sent) {
		if len(all[email]) != 1 {
			t.Errorf("%s is sent, and the relay has %d messages", email, len(all[email]))
		}
	}
	k.note()
	k.relay.begin(k.kills + 1)
	k.must("issue", "retry", l.issue.ID, "--state", "uncertain")
	k.must("deliver", "--until-idle")
	k.relay.Close()
	k.compare()
	k.relay.missedNobody(k.site)
	k.finished()
	k.oneWindow()
}
