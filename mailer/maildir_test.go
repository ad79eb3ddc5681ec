package mailer

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

const sample = "Message-ID: <1@example.org>\r\nSubject: one\r\n\r\nHello\r\n.dot\r\n"

func openMaildir(t *testing.T, m *Maildir) Conn {
	t.Helper()
	c, err := m.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func TestMaildirStores(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "outbox")
	c := openMaildir(t, NewMaildir(path))
	reply, err := c.Send(t.Context(), Envelope{To: "a@example.org", MessageID: "1@example.org"}, []byte(sample))
	if err != nil || reply != "new/1@example.org" {
		t.Fatalf("got %q, %v", reply, err)
	}
	got, err := os.ReadFile(filepath.Join(path, reply))
	if err != nil || string(got) != strings.ReplaceAll(sample, "\r\n", "\n") {
		t.Errorf("file holds %q, %v", got, err)
	}
	if left := names(t, filepath.Join(path, "tmp")); left != nil {
		t.Errorf("tmp still holds %q", left)
	}
	for _, p := range []string{path, filepath.Join(path, "new"), filepath.Join(path, reply)} {
		if info, err := os.Stat(p); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v, %v: others can read it", p, info.Mode(), err)
		}
	}
}

func TestMaildirRepeatReplaces(t *testing.T) {
	path := t.TempDir()
	m := NewMaildir(path)
	env := Envelope{MessageID: "1@example.org"}
	for _, body := range []string{"first", "second"} {
		if _, err := openMaildir(t, m).Send(t.Context(), env, []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	if got := names(t, filepath.Join(path, "new")); !slices.Equal(got, []string{"1@example.org"}) {
		t.Errorf("new holds %q", got)
	}
	// A mail client has read it.
	if err := os.Rename(filepath.Join(path, "new", "1@example.org"), filepath.Join(path, "cur", "1@example.org:2,RS")); err != nil {
		t.Fatal(err)
	}
	reply, err := openMaildir(t, m).Send(t.Context(), env, []byte("third"))
	if err != nil || reply != "already in cur/1@example.org" {
		t.Errorf("got %q, %v", reply, err)
	}
	if got := names(t, filepath.Join(path, "new")); got != nil {
		t.Errorf("it came a second time: %q", got)
	}
}

func TestMaildirNames(t *testing.T) {
	long := strings.Repeat("x", 300)
	tests := []struct{ id, want string }{
		{"k3.a_b-c+d=@example.org", "k3.a_b-c+d=@example.org"},
		{"../../etc/passwd", "%2E.%2F..%2Fetc%2Fpasswd"},
		{"a:2,S", "a%3A2%2CS"},
		{".hidden", "%2Ehidden"},
		{"ü\x00\n", "%C3%BC%00%0A"},
		{"", ""},
	}
	for _, tt := range tests {
		if got := maildirName(tt.id); got != tt.want {
			t.Errorf("%q becomes %q, want %q", tt.id, got, tt.want)
		}
	}
	a, b := maildirName(long+"a"), maildirName(long+"b")
	if len(a) > maxName || a == b {
		t.Errorf("long ids become %q and %q", a, b)
	}
}

func TestMaildirTroubles(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := NewMaildir(file).Open(t.Context()); err == nil || !strings.Contains(err.Error(), "a file stands where a folder is needed") {
		t.Errorf("a file as Maildir: %v", err)
	}
	path := filepath.Join(t.TempDir(), "outbox")
	c := openMaildir(t, NewMaildir(path))
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
	_, err := c.Send(t.Context(), Envelope{MessageID: "1@example.org"}, []byte(sample))
	serr, ok := errors.AsType[*SendError](err)
	if !ok || serr.Fate != Retry || !serr.Broken || !strings.Contains(err.Error(), path) {
		t.Errorf("a Maildir that was removed: %#v", err)
	}
	m := NewMaildir("/mail")
	for cause, want := range map[error]string{
		syscall.ENOSPC: "maildir /mail: the disk is full",
		syscall.EROFS:  "maildir /mail: the file system is read-only",
		syscall.EACCES: "maildir /mail: this user may not write there",
	} {
		err := m.explain(&os.PathError{Op: "write", Path: "/mail/tmp/1", Err: cause})
		if !strings.HasPrefix(err.Error(), want) || !errors.Is(err, cause) {
			t.Errorf("%v is told as %q", cause, err)
		}
	}
}

func TestMaildirParallel(t *testing.T) {
	path := t.TempDir()
	m := NewMaildir(path)
	var senders sync.WaitGroup
	for w := range 8 {
		c := openMaildir(t, m)
		senders.Go(func() {
			for n := range 20 {
				id := fmt.Sprintf("%d.%d@example.org", w, n)
				if _, err := c.Send(t.Context(), Envelope{MessageID: id}, []byte(sample)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	senders.Wait()
	if n := len(names(t, filepath.Join(path, "new"))); n != 160 {
		t.Errorf("new holds %d files, want 160", n)
	}
}

// Who waits for a sync is answered by one that began after the waiting did,
// and those who come while one runs share the next.
func TestGroupSync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var syncs atomic.Int64
		g := groupSync{sync: func() error {
			time.Sleep(time.Second)
			return fmt.Errorf("sync %d", syncs.Add(1))
		}}
		var first, others sync.WaitGroup
		first.Go(func() {
			if err := g.wait(); err.Error() != "sync 1" {
				t.Errorf("the first is answered by %v", err)
			}
		})
		synctest.Wait()
		for range 10 {
			others.Go(func() {
				if err := g.wait(); err.Error() != "sync 2" {
					t.Errorf("one that came during the first is answered by %v", err)
				}
			})
		}
		first.Wait()
		others.Wait()
		if n := syncs.Load(); n != 2 {
			t.Errorf("%d syncs for 11 who wait, want 2", n)
		}
	})
}

// Eight connections to one Maildir; the folder is synced once for several files.
func BenchmarkMaildirSend(b *testing.B) {
	m := NewMaildir(b.TempDir())
	message := append([]byte(sample), strings.Repeat(strings.Repeat("x", 76)+"\r\n", 550)...)
	b.SetBytes(int64(len(message)))
	b.SetParallelism(4)
	var n atomic.Int64
	b.RunParallel(func(p *testing.PB) {
		c, err := m.Open(b.Context())
		if err != nil {
			b.Error(err)
			return
		}
		for p.Next() {
			env := Envelope{MessageID: fmt.Sprintf("%d@example.org", n.Add(1))}
			if _, err := c.Send(b.Context(), env, message); err != nil {
				b.Error(err)
			}
		}
	})
}
