package mailer

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
)

// maildirTroubles are the errors of a file system that an operator can mend.
var maildirTroubles = [...]struct {
	cause error
	words string
}{
	{syscall.ENOSPC, "the disk is full; free some space, then it goes on by itself"},
	{syscall.EDQUOT, "the disk quota is used up; free some space, then it goes on by itself"},
	{syscall.EROFS, "the file system is read-only; mount it writable or set mail.maildir.path to another place"},
	{syscall.ENOTDIR, "a file stands where a folder is needed; move it away or set mail.maildir.path to another place"},
	{fs.ErrPermission, "this user may not write there; change the owner or set mail.maildir.path to another place"},
}

// maxName keeps file names, with a temporary suffix and a client's flags, below
// the 255 octets that file systems allow.
const maxName = 200

// maildirName makes a file name of a Message-ID: letters, digits and a few
// marks stay, every other octet becomes %XX. A colon would begin a client's
// flags, a slash a folder, and a leading dot hides a file. A name too long ends
// in a hash of the whole.
func maildirName(messageID string) string {
	var b strings.Builder
	for i := range len(messageID) {
		c := messageID[i]
		plain := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
			strings.IndexByte("@-_+=", c) >= 0 || c == '.' && i > 0
		if plain {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	name := b.String()
	if len(name) <= maxName {
		return name
	}
	sum := sha256.Sum256([]byte(messageID))
	return name[:maxName-1-2*len(sum)] + "_" + hex.EncodeToString(sum[:])
}

// writeLF writes message with every CRLF as LF.
func writeLF(b *bytes.Buffer, message []byte) {
	b.Grow(len(message))
	for {
		i := bytes.Index(message, []byte("\r\n"))
		if i < 0 {
			b.Write(message)
			return
		}
		b.Write(message[:i])
		b.WriteByte('\n')
		message = message[i+2:]
	}
}

// syncDir makes what was moved into a folder last through a power cut. Windows
// cannot sync a folder; NTFS keeps its own journal of them.
func syncDir(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// groupSync lets goroutines that wait for the same sync share one: each wait
// is answered by a sync that began after it was called.
type groupSync struct {
	sync    func() error
	mu      sync.Mutex
	waiting []chan<- error
	running bool
}

func (g *groupSync) wait() error {
	done := make(chan error, 1)
	g.mu.Lock()
	g.waiting = append(g.waiting, done)
	if !g.running {
		g.running = true
		go g.run()
	}
	g.mu.Unlock()
	return <-done
}

// run ends when nobody waits any more.
func (g *groupSync) run() {
	for {
		g.mu.Lock()
		group := g.waiting
		g.waiting, g.running = nil, len(group) > 0
		g.mu.Unlock()
		if len(group) == 0 {
			return
		}
		err := g.sync()
		for _, done := range group {
			done <- err
		}
	}
}
