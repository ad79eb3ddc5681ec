// Package store keeps the house in one SQLite file: posts with their revisions,
// the list, the issues and the ledger of deliveries. It owns every line of SQL
// and no rule of the domain that can be stated without it: what a consent is
// worth or which posts a digest holds is asked of post, newsletter and mailer.
//
// [Open] makes or migrates the file and returns a [Store], which several
// goroutines and several processes may use at once. Every exported method is
// one transaction: it is on disk when it returns nil, and has changed nothing
// when it returns an error. Times are kept as UTC milliseconds. What is looked
// for and missing is [ErrNotFound].
package store

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/mattn/go-sqlite3"
)

// wait is how long to wait for another process to let go of the database.
const wait = 10 * time.Second

// readers is how many connections read beside the one that writes. Writers of
// this process queue in Go instead of polling SQLite's lock.
const readers = 4

// Options changes how a [Store] works. The zero value is fine.
type Options struct {
	// HoldUncertain makes deliveries whose fate is unknown wait for the
	// operator. Otherwise they are sent again under the same Message-ID.
	HoldUncertain bool
	// Wait is how long to wait for another process to let go of the database
	// before [ErrBusy]; 0 is ten seconds.
	Wait time.Duration
	// Now is the clock of [Open] and [Store.Release], which are told no time. Nil is time.Now.
	Now func() time.Time
	// AnyFile keeps Open from looking whether the database is a copy, for disks
	// that give the same file another inode by themselves.
	AnyFile bool
	// MustExist has Open fail with [ErrMissing] where there is no file, or an empty one, and
	// not make a database of it.
	MustExist bool
	// Warn is told, once until it is mended, what keeps nobody from working and yet should
	// be mended: the note beside the database cannot be written, see [Store.Enlist]. nil:
	// nobody is.
	Warn func(error)
}

func (o Options) now() time.Time {
	if o.Now == nil {
		return time.Now()
	}
	return o.Now()
}

// Store is an open database.
type Store struct {
	path    string
	writer  *sql.DB
	reader  *sql.DB
	options Options
	leases  leases
	noted   noted
}

// Open opens the database file at path, makes it (readable by its owner alone)
// when it is not there, and migrates it to the newest schema. It refuses a file
// that is not Postrider's or was written by a newer Postrider, and leaves such a
// file as it was. One that is a copy of another file it locks, see [Lock].
// Processes may open the same new file at once. Where a file may only be read,
// each write is [ErrReadOnly].
func Open(ctx context.Context, path string, o Options) (*Store, error) {
	if err := create(path, o.MustExist); err != nil {
		return nil, fmt.Errorf("open: database %s: %w", path, err)
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	o.Wait = cmp.Or(o.Wait, wait)
	s := &Store{
		path:    path,
		writer:  connect(path, polling+writing),
		reader:  connect(path, reading),
		options: o,
	}
	s.writer.SetMaxOpenConns(1)
	s.reader.SetMaxOpenConns(readers)
	s.reader.SetMaxIdleConns(readers)
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if o.AnyFile {
		return s, nil
	}
	if err := s.recognize(ctx, o.now()); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Path is where the database file is, as an absolute path.
func (s *Store) Path() string { return s.path }

// Close ends every connection. The last one of all processes folds the
// write-ahead log into the file.
func (s *Store) Close() error {
	if err := errors.Join(s.reader.Close(), s.writer.Close()); err != nil {
		return fmt.Errorf("close database %s: %w", s.path, err)
	}
	return nil
}

// create makes an empty file, unless one must exist. Only its owner may read it, because the
// database holds addresses and the key of every token. A file that is there is
// never opened here: closing it again would drop the locks of SQLite on it
// (https://www.sqlite.org/howtocorrupt.html, section 2.2).
func create(path string, mustExist bool) error {
	if err := isPath(path); err != nil {
		return err
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return errors.New("it is a folder; give the path of a file in it")
	case err == nil && !info.Mode().IsRegular():
		return errors.New("it is not a regular file")
	case err == nil && mustExist && info.Size() == 0:
		return errorf(ErrMissing, "the file is empty; restore a backup, or make a site with `postrider init`")
	case err == nil:
		return nil
	case !errors.Is(err, os.ErrNotExist):
		return err
	case mustExist:
		return ErrMissing
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	switch {
	case err == nil:
		return f.Close()
	case errors.Is(err, os.ErrExist):
		return nil // another process was faster
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("%w (%w)", ErrReadOnly, err)
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("the folder %s does not exist; make it first", filepath.Dir(path))
	}
	return fmt.Errorf("make the file: %w", err)
}

// isPath refuses what cannot name a file.
func isPath(path string) error {
	switch {
	case strings.TrimSpace(path) == "":
		return errors.New("no path is given")
	case strings.HasPrefix(path, "postgres://"), strings.HasPrefix(path, "postgresql://"):
		return errors.New("PostgreSQL is not built yet; use the path of a file")
	case strings.Contains(path, "://"):
		return errors.New("this is a URL; use the path of a file")
	}
	return nil
}

// What connections are told, each time one is opened; what stands first
// counts. Page caches are sized for mail to a long list, see writeMuch. The
// write-ahead log is a property of the file and set by migrate. Temporary tables
// stay in files, so that an import needs no memory for the whole list. Statements
// are kept prepared, because what runs for every few messages costs more to parse
// than to do. What is deleted is overwritten, also in pages that are free then, so that
// what was erased can be read nowhere once the log is folded into the file; sending
// writes as many pages with it as without.
const (
	writing = "_txlock=immediate&_synchronous=FULL&_cache_size=-8192&_stmt_cache_size=64&_secure_delete=ON"
	reading = "_txlock=deferred&_query_only=1&_cache_size=-4096&_stmt_cache_size=16"
	polling = "_busy_timeout=0&" // see patiently
	always  = "&_foreign_keys=1&_busy_timeout=10000&_mutex=no"
)

// connect makes a pool of connections. It registers no driver, so that the
// process has no global one.
func connect(path, pragmas string) *sql.DB { return connectAs("rw", path, pragmas) }

// connectAs is connect in another mode than to read and write.
func connectAs(mode, path, pragmas string) *sql.DB {
	file := url.URL{Scheme: "file", OmitHost: true, Path: path}
	return sql.OpenDB(connector{dsn: file.String() + "?mode=" + mode + "&" + pragmas + always})
}

type connector struct {
	driver sqlite3.SQLiteDriver
	dsn    string
}

func (c connector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }

func (c connector) Driver() driver.Driver { return &c.driver }
