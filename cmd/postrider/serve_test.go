package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"postrider/store"
)

// seenBefore says that the site's digests have been known for two days, so that a
// window of them has passed when a process begins to serve.
func (s *site) seenBefore(names ...string) {
	s.t.Helper()
	s.look(func(ctx context.Context, st *store.Store) {
		if _, err := st.SeeDigests(ctx, names, time.Now().Add(-48*time.Hour)); err != nil {
			s.t.Error(err)
		}
	})
}

const twoDigests = `site: {title: The Gazette, url: "https://gazette.example.org"}
mail:
  from: The Gazette <news@gazette.example.org>
digests:
  - {name: daily, cadence: daily, at: "09:00", timezone: Europe/Berlin}
  - {name: instant, cadence: instant, delay: 1s}
`

// One process does all of it, and sees what others do without a word: a digest
// that is due is mailed, a scheduled post comes out, a new one shows.
func TestServeDoesItAll(t *testing.T) {
	t.Parallel()
	s := &site{t: t, dir: t.TempDir()}
	s.write("config.yaml", twoDigests)
	s.seenBefore("daily", "instant")
	s.write("posts/first.md", "---\ntitle: The first\n---\nWords.\n")
	s.must("post", "add", "posts/first.md")
	s.must("subscriber", "add", "ada@example.org", "--cadence", "daily", "--confirmed", "--consent", "yes")
	s.must("subscriber", "add", "bea@example.org", "--cadence", "instant", "--confirmed", "--consent", "yes")
	v := s.serveAnywhere()

	waitFor(t, "the daily digest in the Maildir", func() bool { return len(s.mails()["ada@example.org"]) == 1 })
	if mail := s.mails()["ada@example.org"][0]; !strings.Contains(mail, "The first") {
		t.Errorf("the digest is\n%s", mail)
	}
	v.shows("/", "The first")

	soon := time.Now().Add(2 * time.Second).UTC().Format(time.RFC3339)
	s.write("posts/second.md", "---\ntitle: The second\ndate: "+soon+"\n---\nWords.\n")
	s.must("post", "add", "posts/second.md")
	v.shows("/", "The second")
	waitFor(t, "a mail of its own", func() bool { return len(s.mails()["bea@example.org"]) == 1 })
	if all := s.mails(); len(all) != 2 || len(all["ada@example.org"]) != 1 || !strings.Contains(all["bea@example.org"][0], "The second") {
		t.Errorf("mails: %q", all)
	}
	s.must("post", "withdraw", "second")
	if status, _ := v.get("/posts/second"); status != http.StatusGone {
		t.Errorf("a withdrawn post is %d", status)
	}

	v.signal(os.Interrupt)
	v.exits(exitDone, `"msg":"serving"`, `"sending":"allowed"`, "next ", `"msg":"cut"`, `"msg":"published"`, `"msg":"stopped"`)
	if strings.Contains(v.err.String(), "ERROR") {
		t.Errorf("it said\n%s", v.err.String())
	}
}

// What can be found to be wrong ends it before it begins, with words that help.
func TestServeRefuses(t *testing.T) {
	t.Parallel()
	s := &site{t: t, dir: t.TempDir()}
	s.write("config.yaml", twoDigests)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"--address " + taken.Addr().String(), exitFailed, "address already in use: another program is there, perhaps another `postrider serve`"},
		{"--address nowhere", exitUsage, `--address: "nowhere" is not host:port; write 127.0.0.1:8080`},
		{"--address 127.0.0.1:99999", exitUsage, "is not host:port"},
		{"--address unix:/tmp/x", exitUsage, "is not host:port"},
		{"--address nowhere.invalid:8080", exitFailed, "see --address and server.address"},
		{"--role web,cook", exitUsage, `--role "cook" is none of web, scheduler, deliver`},
		{"--role web,deliver,web", exitUsage, "--role names web twice; did you mean another of web, scheduler, deliver?"},
		{"--role=", exitUsage, "names no role"},
		{"--role deliver --address :80", exitUsage, "goes with the role web"},
		{"more", exitUsage, "1 argument given (more); write postrider serve"},
	} {
		p := s.start(append([]string{"serve"}, strings.Fields(c.args)...)...)
		p.exits(c.code, c.says)
		if strings.Contains(p.err.String(), `"serving"`) {
			t.Errorf("%s: it began", c.args)
		}
	}
	s.write("mine/pages/post.html", "{{.Nothing}}")
	s.write("config.yaml", twoDigests+"templates: {dir: mine}\n")
	s.start("serve", "--address", "127.0.0.1:0").exits(exitFailed, "Nothing")
}

// It says at the start what its roles are about, and nothing of what others do.
func TestServeSaysWhatItsRolesDo(t *testing.T) {
	t.Parallel()
	s := &site{t: t, dir: t.TempDir()}
	s.write("config.yaml", twoDigests)
	for _, c := range []struct {
		roles            string
		digests, sending bool
	}{
		{"web", false, false},
		{"deliver", false, true},
		{"scheduler", true, false},
	} {
		args := []string{"--role", c.roles}
		if c.roles == roleWeb {
			args = append(args, "--address", "127.0.0.1:0")
		}
		v := s.serve(args...)
		v.stop()
		said := v.err.String()
		if strings.Contains(said, "digest.daily") != c.digests || len(v.view.Digests) > 0 != c.digests {
			t.Errorf("%s: digests %+v; it said\n%s", c.roles, v.view.Digests, said)
		}
		if strings.Contains(said, `"sending":`) != c.sending {
			t.Errorf("%s: it said\n%s", c.roles, said)
		}
	}
}

// Whoever lets others visit a site whose settings are those of a trial is told so.
func TestServeWarnsOfSettingsForATrial(t *testing.T) {
	t.Parallel()
	const real = "site: {url: https://news.ada.blog}\nmail: {from: News <news@ada.blog>, transport: smtp, smtp: {host: localhost}}\n"
	for _, c := range []struct {
		settings, address string
		says              []string
	}{
		{"", "127.0.0.1:0", nil},
		{"", "0.0.0.0:0", []string{"mail.transport maildir leaves all mail in ", "site.url http://localhost:8080 leads readers", "mail.from news@example.org is nobody"}},
		{"site: {url: https://news.ada.blog}\n", "127.0.0.1:0", []string{"mail.transport maildir leaves", "mail.from news@example.org is nobody"}},
		{real, "0.0.0.0:0", nil},
	} {
		s := &site{t: t, dir: t.TempDir()}
		s.write("config.yaml", c.settings)
		v := s.serve("--address", c.address)
		v.stop()
		said := v.err.String()
		if strings.Count(said, "these settings are for a trial") != min(len(c.says), 1) {
			t.Errorf("%+v: it said\n%s", c, said)
		}
		for _, words := range c.says {
			if !strings.Contains(said, words) {
				t.Errorf("%+v: it does not say %q:\n%s", c, words, said)
			}
		}
	}
}

// A copied database is served, and sends nothing until it is unlocked, which the
// process notices by itself.
func TestServeALockedDatabase(t *testing.T) {
	t.Parallel()
	s := &site{t: t, dir: t.TempDir()}
	s.write("config.yaml", twoDigests)
	s.must("subscriber", "add", "bea@example.org", "--cadence", "instant", "--confirmed", "--consent", "yes")
	data, err := os.ReadFile(s.path("postrider.db"))
	if err != nil {
		t.Fatal(err)
	}
	s.write("copy.db", string(data))
	s.write("config.yaml", twoDigests+"database: {url: copy.db}\n")
	v := s.serveAnywhere()
	if v.view.Locked == "" {
		t.Error("it does not say that it is locked")
	}
	s.write("first.md", "---\ntitle: The first\n---\nWords.\n")
	s.must("post", "add", "first.md")
	v.shows("/", "The first")
	waitFor(t, "both say so", func() bool {
		said := v.err.String()
		return strings.Contains(said, "no digest is cut") && strings.Contains(said, "no mail is sent")
	})
	s.must("unlock")
	waitFor(t, "the mail", func() bool { return len(s.mails()["bea@example.org"]) == 1 })
	v.stop()
	said := v.err.String()
	for _, once := range []string{"no digest is cut", "no mail is sent", "unlocked: digests are cut", "unlocked: mail is sent"} {
		if n := strings.Count(said, once); n != 1 {
			t.Errorf("%q is said %d times:\n%s", once, n, said)
		}
	}
}

// Clients that stop in the middle of asking keep it no longer than server.drain: it
// cuts them off before their own time is over.
func TestServeDrainsSlowClients(t *testing.T) {
	t.Parallel()
	s := &site{t: t, dir: t.TempDir()}
	s.write("config.yaml", twoDigests+"server: {drain: 1s}\n")
	v := s.serveAnywhere()
	for begun, waits := range map[string]bool{
		"GET / HTTP/1.1\r\nHo": false,
		"POST /subscribe HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n" +
			"Content-Length: 99\r\nExpect: 100-continue\r\n\r\nemail=": true,
	} {
		conn, err := net.Dial("tcp", v.view.Addresses[0])
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, begun); err != nil {
			t.Fatal(err)
		}
		if !waits {
			continue
		}
		// The handler reads, and says so (RFC 9110, section 10.1.1).
		if _, err := conn.Read(make([]byte, 64)); err != nil {
			t.Fatal(err)
		}
	}
	v.signal(syscall.SIGTERM)
	v.exits(exitDone, "requests under way were cut off", `"msg":"stopped"`)
}
