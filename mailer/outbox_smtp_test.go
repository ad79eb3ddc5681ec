package mailer

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"postrider/mailer/smtptest"
)

// numbered fills each delivery with a message of its own.
func numbered(_ context.Context, dst []byte, d Delivery) ([]byte, Envelope, error) {
	n := int(d.Key.Recipient)
	env := envelope(n)
	env.To = string(d.To)
	return append(dst, letter(n)...), env, nil
}

// The whole road over real sockets: a server that refuses, forgets, hangs up
// and limits its connections. Who got how many copies must be what the ledger
// says, to one.
func TestOutboxOverSMTP(t *testing.T) {
	doubtful := make(map[string]int) // messages whose connection ended after the dot
	s := startServer(t, smtptest.Options{Pipelining: true, MaxMessages: 7, Script: func(step smtptest.Step) smtptest.Action {
		switch {
		case step.Verb == smtptest.Rcpt && step.Count%11 == 0:
			return smtptest.Action{Reply: "451 4.3.0 later"}
		case step.Verb == smtptest.Rcpt && step.To == "r13@example.com":
			return smtptest.Action{Reply: "550 5.1.1 no such user"}
		case step.Verb == smtptest.Dot && step.Count%31 == 0, step.Verb == smtptest.Took && step.Count%37 == 0:
			doubtful[step.To]++
			return smtptest.Action{Drop: true}
		}
		return smtptest.Action{}
	}})
	transport, err := NewSMTP(SMTPConfig{Host: s.Host(), Port: s.Port(), Security: NoTLS})
	if err != nil {
		t.Fatal(err)
	}
	m := newMemory(t, 100)
	var skipped atomic.Int64 // time that retries need not wait for
	o := outboxOn(m, transport)
	o.Fill = numbered
	o.Poll = 10 * time.Millisecond
	o.Now = func() time.Time { return time.Now().Add(time.Duration(skipped.Load())) }
	until := func(ctx context.Context) (bool, error) {
		skipped.Add(int64(time.Minute))
		return m.settled(ctx)
	}
	if err := o.Run(t.Context(), until); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	copies := make(map[string]int)
	for _, msg := range s.Messages() {
		copies[msg.To]++
		if want := fmt.Sprintf("%d@example.org", slices.IndexFunc(m.rows, func(r *row) bool { return string(r.To) == msg.To })); msg.ID != want {
			t.Errorf("%s got %s, want %s", msg.To, msg.ID, want)
		}
	}
	for _, r := range m.rows {
		to := string(r.To)
		if to == "r13@example.com" {
			if r.state != Failed || copies[to] != 0 || !r.outcomes[len(r.outcomes)-1].Suppress {
				t.Errorf("%s: %s, %d copies", to, r.state, copies[to])
			}
			continue
		}
		if r.state != Sent || copies[to] < 1 || copies[to] > 1+doubtful[to] {
			t.Errorf("%s: %s, %d copies, %d doubtful", to, r.state, copies[to], doubtful[to])
		}
	}
}

func TestOutboxIntoMaildir(t *testing.T) {
	path := t.TempDir()
	m := newMemory(t, 200)
	o := outboxOn(m, NewMaildir(path))
	o.Fill = numbered
	if err := o.Run(t.Context(), m.settled); err != nil {
		t.Fatal(err)
	}
	if n := len(names(t, filepath.Join(path, "new"))); n != 200 || m.count(Sent) != 200 {
		t.Errorf("%d files, %d sent; want 200", n, m.count(Sent))
	}
	if reply := m.rows[3].outcomes[0].Reply; reply != "new/3@example.org" {
		t.Errorf("recorded reply %q", reply)
	}
}
