package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"postrider/mailer"
	"postrider/newsletter"
)

// aged is a club whose database is closed and opened as days go by.
type aged struct {
	*club
	path string
	told []error // by Options.Warn
}

func newAged(t *testing.T) *aged {
	t.Helper()
	c := newClub(t)
	a := &aged{club: c, path: c.Path()}
	c.readers(3)
	c.publish()
	c.ok(c.Release(c.ctx, c.worker))
	c.ok(c.Close())
	return a
}

// open opens the database as the next process does.
func (a *aged) open() *Store {
	a.t.Helper()
	s, err := Open(a.ctx, a.path, Options{Warn: func(err error) { a.told = append(a.told, err) }})
	a.ok(err)
	a.t.Cleanup(func() { _ = s.Close() })
	a.Store = s
	return s
}

// day sends what is due, and ends in order.
func (a *aged) day() {
	a.t.Helper()
	s := a.open()
	a.worker = a.enlist(s)
	a.cut(newsletter.Weekly)
	if got := a.deliver(); len(got) != 3 {
		a.t.Fatalf("sent %q, want 3", got)
	}
	a.ok(s.Release(a.ctx, a.worker))
	a.ok(s.Close())
}

// bytes are those of a file, and put writes them over what is there, as cp does.
func (a *aged) bytes(path string) []byte {
	a.t.Helper()
	data, err := os.ReadFile(path)
	a.ok(err)
	return data
}

func (a *aged) put(path string, data []byte) {
	a.t.Helper()
	a.ok(os.WriteFile(path, data, 0o600))
}

func TestACopyPutInPlace(t *testing.T) {
	a := newAged(t)
	yesterday := a.bytes(a.path)
	a.day()
	a.put(a.path, yesterday)
	s := a.open()
	locked(t, s, true)
	if lock, err := s.Lock(a.ctx); err != nil || !strings.Contains(lock.Reason(), "older copy") {
		t.Errorf("locked %+v, %v", lock, err)
	}
	if _, err := s.Claim(a.ctx, a.enlist(s), a.now, 1); !errors.Is(err, ErrLocked) {
		t.Errorf("it claims: %v", err)
	}
	a.ok(s.Close())
	locked(t, a.open(), true)

	// The operator decides, and then it is older than any other copy.
	_, err := a.Unlock(a.ctx, a.now)
	a.ok(err)
	locked(t, a.Store, false)
	a.ok(a.Close())
	locked(t, a.open(), false)
	a.ok(a.Close())
	a.put(a.path, yesterday)
	locked(t, a.open(), true)
}

// A copy made before the process began, and one made while it was sending.
func TestACopyFromBeforeAKill(t *testing.T) {
	for _, test := range []struct {
		name string
		when int // which of the copies below is put back
	}{{"before", 0}, {"in the middle", 1}} {
		t.Run(test.name, func(t *testing.T) {
			a := newAged(t)
			copies := [][]byte{a.bytes(a.path)}
			s := a.open()
			a.worker = a.enlist(s)
			a.cut(newsletter.Weekly)
			run(t, s, `PRAGMA wal_checkpoint(TRUNCATE)`)
			copies = append(copies, a.bytes(a.path))
			a.deliver()
			lives := func(mailer.Process) bool { return true }
			a.ok(s.Renew(a.ctx, a.worker, a.now, a.now.Add(time.Hour), lives))
			a.ok(s.Close()) // without a word of the worker
			a.put(a.path, copies[test.when])
			locked(t, a.open(), true)
		})
	}
}

// A killed process leaves its log beside the file, and SQLite reads it over the copy.
func TestACopyUnderALog(t *testing.T) {
	a := newAged(t)
	yesterday := a.bytes(a.path)
	a.day()
	s := a.open()
	a.enlist(s)
	log := a.bytes(a.path + "-wal")
	a.ok(s.Close())
	a.put(a.path, yesterday)
	a.put(a.path+"-wal", log)
	s = a.open()
	if age := value[int64](t, s, `SELECT age FROM house`); age < 3 {
		t.Fatalf("the log was not read: the house is of age %d", age)
	}
	locked(t, s, true)
}

// Whoever puts back a whole folder puts back the note with the database.
func TestTheNoteIsPutBackToo(t *testing.T) {
	a := newAged(t)
	a.day()
	note := a.path + noteSuffix
	database, said := a.bytes(a.path), a.bytes(note)
	a.week()
	a.day()
	a.put(a.path, database)
	a.put(note, said)
	locked(t, a.open(), true)
	_, err := a.Unlock(a.ctx, a.now)
	a.ok(err)
	a.ok(a.Close())
	locked(t, a.open(), false)
	a.ok(a.Close())
	a.ok(os.Remove(note)) // as a crash in the middle of it leaves them
	locked(t, a.open(), false)
}

// week passes, in which a post is written.
func (a *aged) week() {
	a.t.Helper()
	a.now = a.now.Add(7 * 24 * time.Hour)
	s := a.open()
	a.publish()
	a.ok(s.Close())
}

// A copy that is put over the file of a process that has it open is found out when a
// worker begins or renews its lease.
func TestYoungerWhileItIsOpen(t *testing.T) {
	a := newAged(t)
	a.day()
	s := a.open()
	run(t, s, `UPDATE house SET age = 1`)
	locked(t, s, false)
	a.enlist(s)
	locked(t, s, true)
}

// No crash, no power cut and nobody who tidies up makes an alarm of nothing.
func TestANoteThatIsBehind(t *testing.T) {
	for name, harm := range map[string]func(a *aged, note string){
		"removed":     func(a *aged, note string) { a.ok(os.Remove(note)) },
		"garbage":     func(a *aged, note string) { a.put(note, []byte("{")) },
		"half done":   func(a *aged, note string) { a.put(note+".part", []byte("{")) },
		"of the past": func(a *aged, note string) { a.ok(os.Rename(note+".former", note)) },
		"of another house": func(a *aged, note string) {
			a.ok(os.Remove(a.path))
			s := a.open()
			a.club.Store = s
			a.readers(3)
			a.publish()
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAged(t)
			note := a.path + noteSuffix
			a.ok(os.Link(note, note+".former")) // as the power cut between commit and note left it
			a.day()
			harm(a, note)
			s := a.open()
			locked(t, s, false)
			a.enlist(s)
			locked(t, a.open(), false)
			if n, own, err := readNote(note); err != nil || !own || n.Age != value[int64](t, s, `SELECT age FROM house`) {
				t.Errorf("the note says %+v, %v, %v", n, own, err)
			}
			if got := files(t, filepath.Dir(a.path)); strings.Contains(got, ".part") {
				t.Errorf("it leaves %q", got)
			}
		})
	}
}

// Whoever cannot write the note is told, once, and sends all the same.
func TestANoteThatCannotBeWritten(t *testing.T) {
	a := newAged(t)
	note := a.path + noteSuffix
	a.ok(os.Remove(note))
	a.ok(os.Mkdir(note, 0o700))
	s := a.open()
	ended, cancel := context.WithCancel(a.ctx) // as the time of a renewal does, of which nobody need be told
	cancel()
	s.noted.mu.Lock()
	s.keepNote(ended)
	s.noted.mu.Unlock()
	a.worker = a.enlist(s)
	lives := func(mailer.Process) bool { return true }
	renew := func() { a.ok(s.Renew(a.ctx, a.worker, a.now, a.now.Add(time.Hour), lives)) }
	renew()
	if len(a.told) != 1 || !strings.Contains(a.told[0].Error(), note) {
		t.Errorf("told %v", a.told)
	}
	if st, err := s.Standing(a.ctx, a.now); err != nil || st.Unnoted == nil || !strings.Contains(st.Unnoted.Error(), note) {
		t.Errorf("it stands %+v, %v", st, err)
	}
	a.ok(os.Remove(note))
	renew()
	if st, err := s.Standing(a.ctx, a.now); err != nil || st.Unnoted != nil || len(a.told) != 1 {
		t.Errorf("mended: %+v, %v, told %v", st, err, a.told)
	}
	if n, own, err := readNote(note); err != nil || !own || n.Age == 0 {
		t.Errorf("the note says %+v, %v, %v", n, own, err)
	}
}

// Processes that send at the same time keep one note, and an idle one leaves it alone.
func TestTheNoteOfTwo(t *testing.T) {
	a := newAged(t)
	first, second := a.open(), a.open()
	one, two := a.enlist(first), a.enlist(second)
	lives := func(mailer.Process) bool { return true }
	note := a.path + noteSuffix
	said := func() int64 {
		t.Helper()
		n, own, err := readNote(note)
		if err != nil || !own || n.Age != value[int64](t, first, `SELECT age FROM house`) {
			t.Fatalf("the note says %+v, %v, %v", n, own, err)
		}
		return n.Age
	}
	before := said()
	for range 3 {
		a.ok(first.Renew(a.ctx, one, a.now, a.now.Add(time.Hour), lives))
		a.ok(second.Renew(a.ctx, two, a.now, a.now.Add(time.Hour), lives))
	}
	if said() != before {
		t.Errorf("idle processes are noted as age %d after %d", said(), before)
	}
	a.Store = second
	a.join("zoe@example.org", newsletter.Weekly)
	a.ok(first.Renew(a.ctx, one, a.now, a.now.Add(time.Hour), lives))
	a.ok(second.Renew(a.ctx, two, a.now, a.now.Add(time.Hour), lives))
	if said() != before+1 {
		t.Errorf("then as age %d, want %d", said(), before+1)
	}
	locked(t, a.open(), false)
}
