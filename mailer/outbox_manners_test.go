package mailer

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/textproto"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"postrider/newsletter"
)

// diary is when messages were brought, to which domain.
type diary struct {
	mu sync.Mutex
	at map[string][]time.Time
}

func (d *diary) note(to string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, name, _ := strings.Cut(to, "@")
	d.at[name] = append(d.at[name], time.Now())
	d.at[""] = append(d.at[""], time.Now())
}

// most is the largest number within a span of this length.
func (d *diary) most(name string, per time.Duration) (n int) {
	at := d.at[name]
	for i := range at {
		k := i
		for k < len(at) && at[k].Sub(at[i]) < per {
			k++
		}
		n = max(n, k-i)
	}
	return n
}

// domains spreads the rows of a memory over so many.
func (m *memory) domains(n int) {
	for i, r := range m.rows {
		r.To = newsletter.Address(fmt.Sprintf("r%d@d%d.example", i, i%n))
	}
}

// One domain that takes little does not hold up the others.
func TestOutboxKeepsDomainLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, 400)
		m.domains(4)
		d := &diary{at: make(map[string][]time.Time)}
		var mu sync.Mutex
		busy, most := map[string]int{}, 0
		o := outboxOn(m, &carrier{send: func(ctx context.Context, to string, _ int) error {
			_, name, _ := strings.Cut(to, "@")
			mu.Lock()
			busy[name]++
			most = max(most, busy[name])
			mu.Unlock()
			err := linger(ctx, time.Second)
			d.note(to)
			mu.Lock()
			busy[name]--
			mu.Unlock()
			return err
		}})
		o.Connections = 16
		o.Domains = DomainLimits{Connections: 3, Rate: Rate{30, time.Minute}}
		start := time.Now()
		if err := o.Run(t.Context(), m.settled); err != nil {
			t.Fatal(err)
		}
		if m.count(Sent) != 400 || most != 3 {
			t.Errorf("%d sent, at most %d at once to a domain, want 3", m.count(Sent), most)
		}
		for name := range busy {
			// What is granted within a minute may arrive a second later.
			if n := d.most(name, 59*time.Second); n > 30 {
				t.Errorf("%d a minute to %s", n, name)
			}
		}
		if took := time.Since(start); took > 6*time.Minute {
			t.Errorf("it took %v", took)
		}
		for _, r := range m.rows {
			if r.intents != 1 {
				t.Errorf("%s was tried %d times", r.To, r.intents)
			}
		}
	})
}

// A domain that takes little and slowly, and stands before all others in the queue, keeps
// them from nothing, and does not wear out the ledger meanwhile.
func TestOutboxSlowDomainHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, 2000)
		for i, r := range m.rows {
			name := "slow.example"
			if i >= 1000 {
				name = "fast.example"
			}
			r.To = newsletter.Address(fmt.Sprintf("r%d@%s", i, name))
		}
		d := &diary{at: make(map[string][]time.Time)}
		o := outboxOn(m, &carrier{send: func(ctx context.Context, to string, _ int) error {
			span := 10 * time.Millisecond
			if strings.HasSuffix(to, "slow.example") {
				span = 10 * time.Second
			}
			err := linger(ctx, span)
			d.note(to)
			return err
		}})
		o.Connections, o.Domains = 8, DomainLimits{Connections: 2}
		start := time.Now()
		if err := o.Run(t.Context(), m.settled); err != nil {
			t.Fatal(err)
		}
		slow, fast := d.at["slow.example"], d.at["fast.example"]
		if len(slow) != 1000 || len(fast) != 1000 {
			t.Fatalf("%d and %d were sent", len(slow), len(fast))
		}
		if took := fast[999].Sub(start); took > 10*time.Second {
			t.Errorf("the fast domain waited for the slow one: %v", took)
		}
		if took := slow[999].Sub(start); took > 5100*time.Second { // 1,000 of 10 s, two at a time
			t.Errorf("the slow domain took %v", took)
		}
		if m.given > 100*5100 { // a claim a second, and the queue once round where a lane ran out
			t.Errorf("%d were given back", m.given)
		}
	})
}

// A domain that says it gets too much is left alone for a while, and then gets all.
func TestOutboxBacksOffFromDomain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, 200)
		m.domains(2)
		quiet := time.Now().Add(5 * time.Minute)
		refused := 0
		o := outboxOn(m, &carrier{send: func(_ context.Context, to string, _ int) error {
			if strings.HasSuffix(to, "@d1.example") && time.Now().Before(quiet) {
				m.mu.Lock()
				refused++
				m.mu.Unlock()
				return refusal(atRcpt, 450, "4.7.1 too many messages")
			}
			return nil
		}})
		if err := o.Run(t.Context(), m.settled); err != nil {
			t.Fatal(err)
		}
		if m.count(Sent) != 200 || refused > 8 {
			t.Errorf("%d sent; a domain that wanted none was tried %d times in five minutes", m.count(Sent), refused)
		}
	})
}

// An issue that relays refuse is paused, with the reason, and so is one for which the login
// is refused, and one whose mails a relay takes without a word.
func TestOutboxPauses(t *testing.T) {
	refuse := func(context.Context, string, int) error { return refusal(atDot, 550, "5.7.1 looks like spam") }
	login := func() error {
		return fmt.Errorf("log in: %w", &textproto.Error{Code: 535, Msg: "5.7.8 wrong password"})
	}
	for name, c := range map[string]*carrier{
		"looks like spam": {send: refuse},
		"wrong password":  {open: login},
		"nobody knows": {send: func(context.Context, string, int) error {
			return lost(Unknown, "read the answer to the message", io.ErrUnexpectedEOF)
		}},
	} {
		synctest.Test(t, func(t *testing.T) {
			m := newMemory(t, 2000)
			var reason string
			o := outboxOn(m, c)
			ctx, cancel := context.WithCancel(t.Context())
			o.Pause = func(_ context.Context, issue, words string) (bool, error) {
				if issue != "issue" {
					t.Errorf("issue %q is paused", issue)
				}
				reason = words
				cancel() // stands for a ledger that gives nothing more of it
				return true, nil
			}
			if err := o.Run(ctx, m.settled); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(reason, name) || m.count(Failed) > burstRefusals+4 {
				t.Errorf("the reason is %q, after %d refusals", reason, m.count(Failed))
			}
		})
	}
}

// A login that is refused is tried again seldom, whatever waits for it: servers lock
// accounts. Once it is taken, mail goes out as before.
func TestOutboxLoginsSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, 100)
		logins, good := 0, false
		c := &carrier{}
		c.open = func() error {
			c.mu.Lock()
			defer c.mu.Unlock()
			if logins++; good {
				return nil
			}
			return &textproto.Error{Code: 535, Msg: "5.7.8 wrong password"}
		}
		o := outboxOn(m, c)
		o.Connections = 8
		var log bytes.Buffer
		o.Log = slog.New(slog.NewTextHandler(&log, nil))
		start := time.Now()
		err := o.Run(t.Context(), func(ctx context.Context) (bool, error) {
			c.mu.Lock()
			good = time.Since(start) > 2*time.Hour
			c.mu.Unlock()
			return m.settled(ctx)
		})
		if err != nil || m.count(Sent) != 100 {
			t.Errorf("%v, %d sent", err, m.count(Sent))
		}
		if logins > 1+12+8 || time.Since(start) > 2*time.Hour+20*time.Minute {
			t.Errorf("%d logins in %v", logins, time.Since(start))
		}
		waits := regexp.MustCompile(`wait=\S+`).FindAllString(log.String(), -1)
		if want := []string{"wait=1m0s", "wait=2m0s", "wait=4m0s", "wait=8m0s"}; len(waits) > 12 || !slices.Equal(waits[:4], want) {
			t.Errorf("said to wait %q, want %q, and then always 15 minutes", waits, want)
		}
	})
}

// A run that is told to end does so also while its rate makes couriers wait.
func TestTheRateHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, 100)
		o := outboxOn(m, &carrier{})
		o.Rate = Rate{10, time.Minute}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		start := time.Now()
		if err := o.Run(ctx, m.settled); err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took > 31*time.Second {
			t.Errorf("it ended after %v", took)
		}
		if m.count(Sent) != 10 || m.claimed() != 0 {
			t.Errorf("%d sent, %d claimed", m.count(Sent), m.claimed())
		}
	})
}
