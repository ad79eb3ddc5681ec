package mailer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Maildir is a [Transport] that puts messages into a Maildir on disk, where
// any mail client can read them. Make one with [NewMaildir]; it may be used
// by many goroutines and processes at once.
//
// A message is written to tmp, synced, moved to new, and the folder synced,
// before it counts as sent. Its file is named after its Message-ID, so that
// the same message brought again replaces the first. One that a mail client has
// meanwhile taken to cur stays there as it is; what cur holds is looked up when
// a connection opens. Lines end with LF, as is the custom for files of a
// Maildir, and the file holds nothing that the message does not.
type Maildir struct {
	path string
	sync groupSync

	mu      sync.Mutex
	seen    map[string]bool // base names in cur
	curTime time.Time       // of cur when seen was read
}

// NewMaildir gives the Maildir at path, which [Maildir.Open] makes if need be.
func NewMaildir(path string) *Maildir {
	m := &Maildir{path: path}
	m.sync.sync = func() error { return syncDir(filepath.Join(path, "new")) }
	return m
}

// Open makes the three folders of the Maildir where they are missing, readable
// by their owner only.
func (m *Maildir) Open(ctx context.Context) (Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for _, sub := range []string{"tmp", "new", "cur"} {
		if err := os.MkdirAll(filepath.Join(m.path, sub), 0o700); err != nil {
			return nil, m.explain(err)
		}
	}
	if err := m.readCur(); err != nil {
		return nil, m.explain(err)
	}
	return &maildirConn{m: m}, nil
}

// readCur notes what mail clients have taken to cur, under whatever flags
// (":2,S" and the like).
func (m *Maildir) readCur() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	cur := filepath.Join(m.path, "cur")
	info, err := os.Stat(cur)
	if err != nil {
		return err
	}
	if m.seen != nil && info.ModTime().Equal(m.curTime) {
		return nil
	}
	dir, err := os.Open(cur)
	if err != nil {
		return err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return err
	}
	m.seen, m.curTime = make(map[string]bool, len(names)), info.ModTime()
	for _, name := range names {
		base, _, _ := strings.Cut(name, ":")
		m.seen[base] = true
	}
	return nil
}

func (m *Maildir) taken(name string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.seen[name]
}

// maildirConn only keeps a buffer: the state is in the file system.
type maildirConn struct {
	m   *Maildir
	buf bytes.Buffer
}

// Send stores the message and returns the path of its file, relative to the
// Maildir. Its errors are for Retry: until the end nothing stands in new, and
// then a repeat replaces it.
func (c *maildirConn) Send(ctx context.Context, env Envelope, message []byte) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", &SendError{Fate: Retry, Broken: true, Err: err}
	}
	name := maildirName(env.MessageID)
	if name == "" {
		return "", &SendError{Fate: Permanent, Err: errors.New("message has no Message-ID to name its file after")}
	}
	if c.m.taken(name) {
		return "already in cur/" + name, nil
	}
	if err := c.store(name, message); err != nil {
		return "", &SendError{Fate: Retry, Broken: true, Err: c.m.explain(err)}
	}
	return "new/" + name, nil
}

func (c *maildirConn) store(name string, message []byte) error {
	c.buf.Reset()
	writeLF(&c.buf, message)
	tmp, err := writeTemp(filepath.Join(c.m.path, "tmp"), name, c.buf.Bytes())
	if err != nil {
		return err
	}
	if err := os.Rename(tmp, filepath.Join(c.m.path, "new", name)); err != nil {
		return errors.Join(err, os.Remove(tmp))
	}
	return c.m.sync.wait()
}

// Close does nothing: a Maildir has no connection to end.
func (c *maildirConn) Close() error { return nil }

// writeTemp writes data to a new synced file in dir, or leaves none behind.
func writeTemp(dir, name string, data []byte) (path string, err error) {
	f, err := os.CreateTemp(dir, name+".*") // mode 0600
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		os.Remove(f.Name()) // the first error is the one to tell
		return "", err
	}
	return f.Name(), nil
}

// explain says what is wrong with the Maildir and what to do.
func (m *Maildir) explain(err error) error {
	for _, t := range maildirTroubles {
		if errors.Is(err, t.cause) {
			return fmt.Errorf("maildir %s: %s: %w", m.path, t.words, err)
		}
	}
	var perr *fs.PathError
	if errors.As(err, &perr) {
		return fmt.Errorf("maildir: %w", err) // names its file already
	}
	return fmt.Errorf("maildir %s: %w", m.path, err)
}
