//go:build unix

package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"postrider/newsletter"
	"postrider/store"
)

// cramped runs a command that may write files of so many octets.
func (s *site) cramped(room int, args ...string) *process {
	s.t.Helper()
	return s.startAs("postrider-hampered", []string{roomFor(room)}, args...)
}

func roomFor(room int) string { return fmt.Sprintf("HAMPER_ROOM=%d", room) }

// fails waits for exit status 1 and one line on stderr that has these words.
func (p *process) fails(words ...string) {
	p.t.Helper()
	p.exits(exitFailed, words...)
	said := p.err.String()
	if strings.Count(said, "\n") != 1 || !strings.HasPrefix(said, "postrider: ") {
		p.t.Errorf("%v: not one clear line:\n%s", p.Args, said)
	}
}

// actives counts who is active.
func (s *site) actives() (n int) {
	s.t.Helper()
	s.look(func(ctx context.Context, st *store.Store) {
		counts, err := st.CountSubscribers(ctx)
		if err != nil {
			s.t.Fatal(err)
		}
		n = counts[newsletter.Active][newsletter.Weekly]
	})
	return n
}

// An import that finds no room adds nobody; with room it adds everybody.
func TestImportWithoutRoom(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rows, room int
		words      []string
	}{
		"for temporary files": {30_000, 1 << 20, []string{"temporary files cannot be written", "nothing was imported", "SQLITE_TMPDIR"}},
		"for the database":    {5_000, 300 << 10, []string{"postrider.db", "disk"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, 5, "transport: maildir")
			var b strings.Builder
			b.WriteString("email\n")
			for i := range c.rows {
				fmt.Fprintf(&b, "more%d@example.org\n", i)
			}
			s.write("more.csv", b.String())
			more := []string{"subscriber", "import", "more.csv", "--confirmed", "--consent", "yes"}
			s.cramped(c.room, more...).fails(c.words...)
			if n := s.actives(); n != 5 {
				t.Errorf("%d active, want 5 as before", n)
			}
			s.must(more...)
			if n := s.actives(); n != c.rows+5 {
				t.Errorf("%d active, want %d", n, c.rows+5)
			}
		})
	}
}

// Wherever in a cut the room ends, what stands in the database is whole, and the
// next run goes on from there.
func TestCutWithoutRoom(t *testing.T) {
	t.Parallel()
	s := newSite(t, 400, "transport: maildir")
	for _, room := range []int{36 << 10, 56 << 10, 76 << 10} {
		s.cramped(room, "digest", "send", "--yes", "--queue").fails("postrider.db")
		s.ledger()
	}
	s.must("digest", "send", "--yes")
	s.finished()
	s.oneFileEach()
}

// A send that finds no room waits for it; nothing more is sent meanwhile, and
// nobody gets anything twice.
func TestSendWaitsForRoom(t *testing.T) {
	t.Parallel()
	relay := newRelay(t, nil)
	s := newSite(t, 400, relay.setting(connections))
	s.must("digest", "send", "--yes", "--queue")
	p := s.cramped(400<<10, "deliver", "--until-idle")
	<-p.err.says("nothing more is sent until it can")
	if n := len(relay.Messages()); n == 0 || n == len(s.active) {
		t.Errorf("%d messages were sent when the room ended", n)
	}
	p.signal(syscall.SIGUSR1)
	p.exits(exitDone, "400 sent")
	relay.onceEach(s)
	s.finished()
}

// A send that finds no room for long gives up with one line, as where the relay is
// away; what it sent is known, and the next run brings the others.
func TestSendGivesUpWithoutRoom(t *testing.T) {
	t.Parallel()
	relay := newRelay(t, nil)
	s := newSite(t, 400, relay.setting(connections))
	s.must("digest", "send", "--yes", "--queue")
	p := s.cramped(400<<10, "deliver", "--until-idle")
	p.exits(exitFailed, "the ledger cannot be written", "disk", "the next run goes on from here")
	if n := strings.Count(p.err.String(), "\n"); n != 2 { // that it waits, and that it gives up
		t.Errorf("not two clear lines:\n%s", &p.err)
	}
	s.must("deliver", "--until-idle")
	s.finished()
	relay.missedNobody(s)
	if twice := len(relay.Messages()) - len(s.active); twice > connections {
		t.Errorf("%d messages were sent twice over %d connections", twice, connections)
	}
}

// A service that finds no room tells who watches over it, and goes on once there is
// some.
func TestServeWithoutRoom(t *testing.T) {
	t.Parallel()
	relay := newRelay(t, nil)
	s := newSite(t, 400, relay.setting(connections))
	s.must("digest", "send", "--yes", "--queue")
	v := s.serveAs("postrider-hampered", []string{roomFor(400 << 10)}, "--address", "127.0.0.1:0")
	waitFor(t, "/readyz tells", func() bool {
		status, body := v.get("/readyz")
		return status == http.StatusOK && strings.Contains(body, `"deliver: `) && strings.Contains(body, s.path("postrider.db"))
	})
	v.signal(syscall.SIGUSR1)
	v.shows("/readyz", `"problems": []`)
	waitFor(t, "every mail", func() bool { return len(relay.Messages()) >= len(s.active) })
	v.stop()
	relay.onceEach(s)
	s.finished()
}

// Feeds that cannot be written leave the old ones whole and nothing beside them.
func TestRenderWithoutRoom(t *testing.T) {
	t.Parallel()
	s := newSite(t, 1, "transport: maildir")
	render := []string{"feed", "render", "--out", "public"}
	s.must(render...)
	before := s.tree("public")
	s.write("posts/long.md", "---\ntitle: Long\n---\n"+strings.Repeat("Words, words. ", 10000))
	s.must("post", "sync", "posts")

	s.cramped(64<<10, render...).fails("public", "file too large")
	if after := s.tree("public"); after != before {
		t.Errorf("the folder has changed from\n%s\nto\n%s", before, after)
	}
	s.start("feed", "render", "--out", "list.csv/public").fails("list.csv", "move it away")
	s.must(render...)
	if s.tree("public") == before {
		t.Error("nothing was written")
	}
}

// tree lists the files below a folder with what they hold.
func (s *site) tree(name string) string {
	s.t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(s.path(name), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		fmt.Fprintf(&b, "%s\n%s\n", path, data)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return b.String()
}

// A database that may only be read is not changed, and the reason is said.
func TestReadOnlyPlace(t *testing.T) {
	t.Parallel()
	s := newSite(t, 1, "transport: maildir")
	s.write("more.md", "---\ntitle: More\n---\nOf it.\n")
	modes := func(dir, file os.FileMode) {
		for path, mode := range map[string]os.FileMode{filepath.Dir(s.dir): 0o755, s.dir: dir, s.path("postrider.db"): file} {
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
		}
	}
	modes(0o555, 0o444)
	nobody := []string{"HAMPER_NOBODY=1"}
	s.startAs("postrider-hampered", nobody, "post", "add", "more.md").fails("postrider.db", "read-only")
	s.startAs("postrider-hampered", nobody, "digest", "send", "--yes").fails("postrider.db", "read-only")
	s.startAs("postrider-hampered", nobody, "init", "new").fails("new", "permission denied")
	modes(0o755, 0o666) // as on a disk that is mounted read-only: nothing can be made beside the file
	s.startAs("postrider-hampered", nobody, "post", "add", "more.md").fails("postrider.db", "read-only")
	modes(0o755, 0o644)
	s.must("post", "add", "more.md")
	s.must("digest", "send", "--yes")
	s.finished()
}
