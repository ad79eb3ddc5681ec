package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"postrider/mailer"
	"postrider/mailer/smtptest"
	"postrider/store"
)

// examined runs doctor some time from now, and returns what it found that is not in
// order, as "state check: message", and its exit status.
func (s *site) examined(set func(*app), args ...string) (found []string, code int) {
	s.t.Helper()
	var out bytes.Buffer
	a := &app{in: strings.NewReader(""), out: &out, err: io.Discard, now: time.Now, getenv: func(string) string { return "" }}
	if set != nil {
		set(a)
	}
	code = a.run(s.t.Context(), append([]string{"--config", s.path("config.yaml"), "doctor", "--json"}, args...))
	var findings []finding
	if err := json.Unmarshal(out.Bytes(), &findings); err != nil {
		s.t.Fatalf("%v: %s", err, &out)
	}
	for _, f := range findings {
		if (f.Advice == "") != (f.State == mailer.Good) {
			s.t.Errorf("%s says what to do: %q", f.Check, f.Advice)
		}
		if f.State != mailer.Good {
			found = append(found, fmt.Sprintf("%s %s: %s", f.State, f.Check, f.Message))
		}
	}
	return found, code
}

// plant writes into the database past everything that keeps it in order.
func (s *site) plant(statements ...string) {
	s.t.Helper()
	for _, statement := range statements {
		if err := runSQL(s.path("postrider.db"), statement); err != nil {
			s.t.Fatalf("%s: %v", statement, err)
		}
	}
}

// A sound house has nothing wrong, and of each fault that is planted in one doctor
// finds that and nothing else.
func TestDoctorFindsEachFault(t *testing.T) {
	t.Parallel()
	sent := func(s *site) { s.must("digest", "send", "--yes") }
	queued := func(s *site) { s.must("digest", "send", "--yes", "--queue") }
	plant := func(statements ...string) func(*site) {
		return func(s *site) { s.plant(statements...) }
	}
	for name, test := range map[string]struct {
		before, fault func(*site)
		later         time.Duration
		want          string // "": nothing
	}{
		"nothing":          {before: sent},
		"nothing while it": {before: queued},
		"no foreign row": {sent, plant(`UPDATE delivery SET variant_id = 99 WHERE subscriber_id = (SELECT min(subscriber_id) FROM delivery)`), 0,
			"fail database: a row of delivery refers to a row of variant that does not exist"},
		"many foreign rows of a kind": {sent, plant(`UPDATE delivery SET variant_id = 99`), 0,
			"fail database: 3 rows of delivery refer to rows of variant that do not exist"},
		"a page that is garbage": {sent, func(s *site) { s.spoil(20) }, 0, "fail database: "},
		"a missing window": {sent, plant(`DELETE FROM digest_window`), 0,
			"fail ledger: an issue of a digest has no window"},
		"a cursor that is too far": {sent, plant(`UPDATE subscriber SET cursor = 9 WHERE email = 'r1@example.org'`), 0,
			"fail ledger: a subscriber has been served more than was ever published: r1@example.org"},
		"a cursor that fell back": {sent, plant(`UPDATE subscriber SET cursor = 0 WHERE email = 'r1@example.org'`), 0,
			"fail ledger: a reader has a delivery of a digest and a cursor that would bring its posts again"},
		"an open row in a finished issue": {sent, plant(`UPDATE delivery SET state = 'deferred', open = 1, due_at = 4102444800000 WHERE subscriber_id = (SELECT min(subscriber_id) FROM delivery)`), 0,
			"fail ledger: an issue says that it is finished and has an open delivery"},
		"an issue that forgot its end": {sent, plant(`UPDATE issue SET state = 'sending', finished_at = NULL`), 0,
			"fail ledger: an issue has all its deliveries ended and does not say that it is finished"},
		"a suppressed reader who is active": {sent, plant(`UPDATE subscriber SET state = 'active' WHERE email = 'gone@example.org'`), 0,
			"fail ledger: a subscriber is active although the address is suppressed: gone@example.org"},
		"a number that was never given": {sent, plant(`UPDATE post SET number = 70, may_mail = 1 WHERE slug = 'go'`), 0,
			"fail ledger: a post has a publication number that was never given: go"},
		"a suppressed reader known by a digest": {sent, plant(`UPDATE suppression SET email = NULL`, `UPDATE subscriber SET state = 'active' WHERE email = 'gone@example.org'`), 0,
			"fail ledger: a subscriber is active although the address is suppressed: gone@example.org"},
		"a lost post": {sent, plant(`DELETE FROM post_tag WHERE post_id = 1`, `DELETE FROM revision WHERE post_id = 1`, `DELETE FROM post WHERE id = 1`), 0,
			"fail ledger: publication numbers were given that no post has, living or deleted, or more than were given: 2 given, 1 of posts, 0 of deleted ones"},
		"a counter that ran ahead": {sent, plant(`UPDATE house SET publication = publication + 5`), 0,
			"fail ledger: publication numbers were given that no post has, living or deleted, or more than were given: 7 given, 2 of posts, 0 of deleted ones"},
		"a lost delivery": {queued, plant(`DELETE FROM delivery WHERE subscriber_id = (SELECT min(subscriber_id) FROM delivery)`), 0,
			"fail ledger: an issue has not the deliveries that were written for it: "},
		"a cut that is behind its rows": {queued, plant(`UPDATE issue SET state = 'expanding', expanded_to = 1`), 0,
			"fail ledger: an issue that is being cut has readers beyond where it is, or is beyond its last: "},
		"a cut that jumped": {queued, plant(`UPDATE issue SET state = 'expanding', expanded_to = last_id, deliveries = deliveries - 1, created_at = created_at + 1`,
			`UPDATE subscriber SET cursor = 0 WHERE email = 'r1@example.org'`,
			`DELETE FROM delivery WHERE subscriber_id = (SELECT id FROM subscriber WHERE email = 'r1@example.org')`), 0,
			"fail ledger: an issue that is being cut has passed over a reader: "},
		"a window of days to come": {sent, plant(`INSERT INTO digest_window (digest, window, state, newest, at) VALUES ('weekly', '2099-01-01', 'empty', 2, 0)`), 0,
			"warn clock: it is "},
		"a delivery that nobody sends": {queued, plant(`UPDATE delivery SET due_at = NULL WHERE subscriber_id = (SELECT min(subscriber_id) FROM delivery)`), 0,
			"fail ledger: a delivery that waits is neither due nor held"},
		"a stale lease": {queued, plant(
			`INSERT INTO worker (id, host, pid, started, lease) VALUES (9, 'elsewhere', 1, '', 1)`,
			`UPDATE delivery SET due_at = NULL, worker_id = 9`), 0,
			"warn outbox: a process that has been dead since 1970-01-01"},
		"mail that lies about":   {queued, func(*site) {}, time.Hour, "warn outbox: mail has been due since "},
		"a copy":                 {sent, func(s *site) { s.recopy() }, 0, "warn lock: it sends nothing since "},
		"a paused issue":         {queued, func(s *site) { s.must("issue", "pause", s.ledger().issue.ID) }, 0, "warn issues: issue "},
		"a cadence without mail": {sent, plant(`UPDATE subscriber SET cadence = 'daily' WHERE email = 'r1@example.org'`), 0, "warn digests: no digest has cadence daily, which 1 reader wants"},
		"a secret for everybody": {sent, func(s *site) { s.chmod("postrider.db", 0o644) }, 0, "warn secrets: everybody on this machine may read postrider.db"},
		"a broken template":      {sent, func(s *site) { s.template("digest.html", "{{.Nonsense}}") }, 0, "fail templates: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, 3, "transport: maildir")
			test.before(s)
			if test.fault != nil {
				test.fault(s)
			}
			found, code := s.examined(func(a *app) { a.now = func() time.Time { return time.Now().Add(test.later) } })
			wrong := 0
			if strings.HasPrefix(test.want, "fail") {
				wrong = 1
			}
			if test.want == "" && len(found) > 0 || test.want != "" && (len(found) != 1 || !strings.HasPrefix(found[0], test.want)) || code != wrong {
				t.Errorf("exit status %d, found\n%s\nwant\n%s", code, strings.Join(found, "\n"), test.want)
			}
		})
	}
}

// spoil overwrites the database's page of this number.
func (s *site) spoil(page int64) {
	s.t.Helper()
	f, err := os.OpenFile(s.path("postrider.db"), os.O_RDWR, 0)
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt(bytes.Repeat([]byte{0xff}, 4096), (page-1)*4096); err != nil {
		s.t.Fatal(err)
	}
}

// recopy puts a copy of the database in its place.
func (s *site) recopy() {
	s.t.Helper()
	data, err := os.ReadFile(s.path("postrider.db"))
	if err == nil {
		err = os.WriteFile(s.path("copy.db"), data, 0o600)
	}
	if err == nil {
		err = os.Rename(s.path("copy.db"), s.path("postrider.db"))
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) chmod(name string, mode os.FileMode) {
	s.t.Helper()
	if err := os.Chmod(s.path(name), mode); err != nil {
		s.t.Fatal(err)
	}
}

// template makes the site use a template of its own.
func (s *site) template(name, content string) {
	s.t.Helper()
	s.write("templates/"+name, content)
	data, err := os.ReadFile(s.path("config.yaml"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.write("config.yaml", string(data)+"templates: {dir: templates}\n")
}

func TestDoctorMeasuresTheDisk(t *testing.T) {
	t.Parallel()
	s := newSite(t, 1, "transport: maildir")
	for free, want := range map[int64]string{5 << 20: "fail disk: only 5.0 MiB", 100 << 20: "warn disk: only 100.0 MiB", 1 << 40: ""} {
		found, _ := s.examined(func(a *app) { a.room = func(string) (int64, error) { return free, nil } })
		if want == "" && len(found) > 0 || want != "" && (len(found) != 1 || !strings.HasPrefix(found[0], want)) {
			t.Errorf("%d octets free: %q, want %q", free, found, want)
		}
	}
}

// nowhere is a DNS without a name in it.
type nowhere struct{}

func (nowhere) LookupTXT(_ context.Context, name string) ([]string, error) {
	return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}
func (n nowhere) LookupHost(ctx context.Context, name string) ([]string, error) {
	return n.LookupTXT(ctx, name)
}
func (n nowhere) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	_, err := n.LookupTXT(ctx, name)
	return nil, err
}

// With --mail it goes to the relay and asks the DNS, and sends nothing.
func TestDoctorTriesTheRelay(t *testing.T) {
	t.Parallel()
	var refuses atomic.Bool
	relay := newRelay(t, func(step smtptest.Step) smtptest.Action {
		if refuses.Load() && step.Verb == smtptest.Connect {
			return smtptest.Action{Reply: "554 5.3.2 not today"}
		}
		return smtptest.Action{}
	})
	s := newSite(t, 1, relay.setting(connections))
	empty := func(a *app) { a.dns = nowhere{} }
	dns := []string{"fail spf: ", "warn dkim: not looked at", "fail dmarc: ", "fail mx: "}
	found, code := s.examined(empty, "--mail")
	if !sameStarts(found, dns) || code != exitFailed {
		t.Errorf("exit status %d, %q", code, found)
	}
	found, _ = s.examined(empty, "--mail", "--selector", "s1")
	if !slices.Contains(found, "fail dkim: there is no key at s1._domainkey.gazette.example.org") {
		t.Errorf("with a selector %q", found)
	}
	refuses.Store(true)
	found, _ = s.examined(empty, "--mail")
	if !sameStarts(found, append([]string{"fail transport: "}, dns...)) || !strings.Contains(found[0], "not today") {
		t.Errorf("turned away: %q", found)
	}
	if n := len(relay.Messages()); n != 0 {
		t.Errorf("%d messages were sent", n)
	}
	if found, code := s.examined(nil); len(found) > 0 || code != exitDone {
		t.Errorf("without --mail: %q", found)
	}
}

func sameStarts(got, want []string) bool {
	return slices.EqualFunc(got, want, strings.HasPrefix)
}

// It looks beside a process that works, and disturbs nothing.
func TestDoctorBesideASender(t *testing.T) {
	t.Parallel()
	relay := newRelay(t, nil)
	s := newSite(t, 200, relay.setting(connections))
	s.must("digest", "send", "--yes", "--queue")
	half := relay.after(100 * 7)
	p := s.start("deliver", "--until-idle")
	<-half
	if found, code := s.examined(nil); len(found) > 0 || code != exitDone {
		t.Errorf("exit status %d, %q", code, found)
	}
	p.exits(exitDone, "200 sent")
	relay.onceEach(s)
	s.look(func(ctx context.Context, st *store.Store) {
		if lock, err := st.Lock(ctx); err != nil || lock.Locked() {
			t.Errorf("locked: %+v, %v", lock, err)
		}
	})
}
