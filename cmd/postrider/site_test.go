package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"postrider/mailer"
	"postrider/newsletter"
	"postrider/store"
)

// site is a folder with a configuration, a database, a few posts and a list,
// for tests that run the program as real processes.
type site struct {
	t      *testing.T
	dir    string
	active []string // who gets the digest
}

// newSite makes a site with n active readers, of whom every third wants one tag
// only, and a few who must get no mail.
func newSite(t *testing.T, n int, mail ...string) *site {
	t.Helper()
	s := &site{t: t, dir: t.TempDir()}
	s.configure(mail...)
	s.write("posts/go.md", "---\ntitle: About Go\ntags: [go]\n---\nGenerics and more.\n")
	s.write("posts/ships.md", "---\ntitle: About ships\ntags: [sea]\n---\nThey float.\n")
	s.write("list.csv", s.list(n))
	for _, args := range [][]string{
		{"post", "sync", s.path("posts")},
		{"subscriber", "import", s.path("list.csv"), "--confirmed", "--consent", "They asked for it."},
		{"subscriber", "add", "pending@example.org"},
		{"subscriber", "unsubscribe", "gone@example.org"},
	} {
		if code, said := s.here(args...); code != exitDone {
			t.Fatalf("%q: %s", args, said)
		}
	}
	return s
}

// configure writes the configuration with these lines below "mail:".
func (s *site) configure(mail ...string) {
	s.t.Helper()
	s.write("config.yaml", `site: {title: The Gazette, url: "https://gazette.example.org"}
mail:
  from: The Gazette <news@gazette.example.org>
  `+strings.Join(mail, "\n  ")+`
digests:
  - {name: weekly, cadence: weekly, day: monday, at: "09:00", timezone: UTC}
`)
}

// list writes the CSV of the readers: n who stay and one who will leave.
func (s *site) list(n int) string {
	var b strings.Builder
	b.WriteString("email,topics\ngone@example.org,\n")
	for i := range n {
		email, topics := fmt.Sprintf("r%d@example.org", i), ""
		if i%3 == 0 {
			topics = "go"
		}
		fmt.Fprintf(&b, "%s,%s\n", email, topics)
		s.active = append(s.active, email)
	}
	return b.String()
}

func (s *site) path(name string) string { return filepath.Join(s.dir, name) }

func (s *site) write(name, content string) {
	s.t.Helper()
	err := os.MkdirAll(filepath.Dir(s.path(name)), 0o755)
	if err == nil {
		err = os.WriteFile(s.path(name), []byte(content), 0o644)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// look opens the database for as long as do runs.
func (s *site) look(do func(context.Context, *store.Store)) {
	s.t.Helper()
	ctx := context.Background()
	st, err := store.Open(ctx, s.path("postrider.db"), store.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	do(ctx, st)
	if err := st.Close(); err != nil {
		s.t.Error(err)
	}
}

// ledger is what the database says of the one issue of a test.
type ledger struct {
	issue  newsletter.Issue // zero: none is cut yet
	states map[string]mailer.DeliveryState
	tally  mailer.Tally
}

// in lists the readers whose delivery is in a state.
func (l ledger) in(state mailer.DeliveryState) (emails []string) {
	for email, st := range l.states {
		if st == state {
			emails = append(emails, email)
		}
	}
	return emails
}

// ledger reads the issue, of which there may be only one, and checks that the
// rows of the database agree.
func (s *site) ledger() ledger {
	s.t.Helper()
	l := ledger{states: make(map[string]mailer.DeliveryState)}
	s.look(func(ctx context.Context, st *store.Store) {
		broken, err := st.Invariants(ctx)
		if err != nil || len(broken) > 0 {
			s.t.Errorf("the database is not sound: %q, %v", broken, err)
		}
		issues, err := st.Issues(ctx, 0)
		if err != nil || len(issues) > 1 {
			s.t.Fatalf("%d issues, want one: %+v, %v", len(issues), issues, err)
		}
		if len(issues) == 0 {
			return
		}
		l.issue = issues[0]
		if l.tally, err = st.Tally(ctx, l.issue.ID); err != nil {
			s.t.Fatal(err)
		}
		for row, err := range st.Deliveries(ctx, l.issue.ID, nil) {
			if err != nil {
				s.t.Fatal(err)
			}
			l.states[string(row.Email)] = row.State
		}
	})
	return l
}

// finished checks that the issue has ended, sent to every active reader.
func (s *site) finished() {
	s.t.Helper()
	l := s.ledger()
	if l.issue.State != newsletter.Finished || len(l.states) != len(s.active) || l.tally.Claimed != 0 {
		s.t.Errorf("the issue is %s with %d deliveries, %d of them held; want it finished with %d",
			l.issue.State, len(l.states), l.tally.Claimed, len(s.active))
	}
	for _, email := range s.active {
		if l.states[email] != mailer.Sent {
			s.t.Errorf("the delivery to %s is %q", email, l.states[email])
		}
	}
}
