//go:build linux

package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// disk is a place whose power can fail: a library is preloaded into the program
// that notes what it writes and what it syncs (testdata/powercut.c).
type disk struct {
	t       *testing.T
	dir     string // the site's
	library string
	log     string
	lies    bool // it says that it has synced, and has not
	random  *rand.Rand
	before  map[string][]byte // the files when the process began
	lost    int               // notes of which something was lost, over all cuts
}

func newDisk(t *testing.T, dir string) *disk {
	t.Helper()
	own := t.TempDir()
	d := &disk{t: t, dir: dir, library: filepath.Join(own, "powercut.so"), log: filepath.Join(own, "log"),
		random: rand.New(rand.NewPCG(uint64(fromEnv(t, "POSTRIDER_SEED", 1)), 2))}
	out, err := exec.Command("cc", "-shared", "-fPIC", "-O1", "-o", d.library, "testdata/powercut.c").CombinedOutput()
	if err != nil {
		t.Fatalf("compile testdata/powercut.c: %v\n%s", err, out)
	}
	return d
}

// powered prepares a process whose files are on the disk.
func (d *disk) powered(s *site, args ...string) *process {
	d.t.Helper()
	d.before = make(map[string][]byte)
	for _, path := range d.files() {
		data, err := os.ReadFile(path)
		if err != nil {
			d.t.Fatal(err)
		}
		d.before[path] = data
	}
	if err := os.WriteFile(d.log, nil, 0o600); err != nil {
		d.t.Fatal(err)
	}
	env := []string{"LD_PRELOAD=" + d.library, "POWERCUT_DIR=" + filepath.Join(d.dir, "postrider.db"), "POWERCUT_LOG=" + d.log}
	if d.lies {
		env = append(env, "POWERCUT_LIES=1")
	}
	return s.startAs("postrider", env, args...)
}

func (d *disk) files() []string {
	d.t.Helper()
	files, err := filepath.Glob(filepath.Join(d.dir, "postrider.db*"))
	if err != nil {
		d.t.Fatal(err)
	}
	return files
}

// note is one line of the log.
type note struct {
	op   byte // w: written, t: cut to a size, s: synced, u: removed
	path string
	at   int64
	data []byte
}

func readNote(r io.Reader) (note, error) {
	var head [15]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return note{}, err
	}
	n := note{op: head[0], at: int64(binary.LittleEndian.Uint64(head[3:]))}
	path := make([]byte, binary.LittleEndian.Uint16(head[1:]))
	n.data = make([]byte, binary.LittleEndian.Uint32(head[11:]))
	if _, err := io.ReadFull(r, path); err != nil {
		return note{}, err
	}
	n.path = string(path)
	_, err := io.ReadFull(r, n.data)
	return n, err
}

// platter is what a file has for certain, and what the disk was told since.
type platter struct {
	held    []byte
	pending []note
}

// fail leaves in the files what a disk may hold whose power fails now, at the
// end of a process: what was synced, and of the rest sectors at random. The
// names of files it keeps, because SQLite syncs the folder when it makes one.
func (d *disk) fail() {
	d.t.Helper()
	platters := make(map[string]*platter)
	for path, data := range d.before {
		platters[path] = &platter{held: data}
	}
	f, err := os.Open(d.log)
	if err != nil {
		d.t.Fatal(err)
	}
	defer f.Close()
	for r := bufio.NewReader(f); ; {
		n, err := readNote(r)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) { // the kill was in the middle of a note
			break
		}
		if err != nil {
			d.t.Fatal(err)
		}
		p := platters[n.path]
		if p == nil {
			p = &platter{}
			platters[n.path] = p
		}
		switch n.op {
		case 's':
			for _, n := range p.pending {
				p.apply(n)
			}
			p.pending = nil
		case 'u':
			delete(platters, n.path)
		default:
			p.pending = append(p.pending, n)
		}
	}
	for path, p := range platters {
		d.tear(p)
		if strings.HasSuffix(path, "-shm") {
			continue // in memory only
		}
		// In place: a database knows the file that it is in.
		if err := os.WriteFile(path, p.held, 0o600); err != nil {
			d.t.Fatal(err)
		}
	}
	for _, path := range d.files() {
		if platters[path] == nil || strings.HasSuffix(path, "-shm") {
			if err := os.Remove(path); err != nil {
				d.t.Fatal(err)
			}
		}
	}
}

func (p *platter) apply(n note) {
	if n.op == 't' {
		if n.at < int64(len(p.held)) {
			p.held = p.held[:n.at]
		}
		return
	}
	if short := n.at + int64(len(n.data)) - int64(len(p.held)); short > 0 {
		p.held = append(p.held, make([]byte, short)...)
	} else {
		p.held = bytes.Clone(p.held)
	}
	copy(p.held[n.at:], n.data)
}

// sector is what a disk writes whole or not at all.
const sector = 512

// tear applies some of what was not synced: each note whole, not, or in part, in
// whatever order, as caches do.
func (d *disk) tear(p *platter) {
	for _, i := range d.random.Perm(len(p.pending)) {
		n := p.pending[i]
		switch d.random.IntN(3) {
		case 0:
			d.lost++
			continue
		case 1:
			if n.op == 'w' {
				d.lost++
				for at := 0; at < len(n.data); at += sector {
					if d.random.IntN(2) == 0 {
						p.apply(note{op: 'w', at: n.at + int64(at), data: n.data[at:min(at+sector, len(n.data))]})
					}
				}
				continue
			}
		}
		p.apply(n)
	}
	p.pending = nil
}
