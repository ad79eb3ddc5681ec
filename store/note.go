package store

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// note is a small file beside the database that says how old it was when mail last
// went out. It is what a database cannot say of itself: a copy of yesterday that is
// written over the file, by cp, by cat or by rsync --inplace, is the same file to the
// file system, and knows nothing of today.
//
// It names itself, so that a note that was copied back together with its database is
// known as well; each is a new file. Of whose house it is stands in it because one
// may be left of a database that was removed. There is nothing secret in it.
type note struct {
	About string `json:"about"` // for who finds it
	House string `json:"house"` // see signature
	Age   int64  `json:"age"`
	Issue int64  `json:"issue"` // the row of the last one; issues stay for ever
	File  string `json:"file"`  // as place; "" where a file is called otherwise after it was renamed
	Born  *int64 `json:"file_born"`
}

const aboutNote = "Postrider keeps this beside its database, to notice when an older copy was put in its place. Leave it here, and out of backups."

// noteSuffix is what the name of a note has after that of its database.
const noteSuffix = "-home"

// notePath is where the note of a database lies: beside the file itself, wherever
// links lead to it.
func notePath(database string) (string, error) {
	real, err := filepath.EvalSymlinks(database)
	return real + noteSuffix, err
}

// signature tells a house from others, and nothing of its secret.
func signature(secret []byte) string {
	sum := sha256.Sum256(append([]byte("postrider house "), secret...))
	return hex.EncodeToString(sum[:8])
}

// readNote reads a note. ownFile is false if it is a copy of the file that was written.
func readNote(path string) (n note, ownFile bool, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return n, false, err
	}
	if err := json.Unmarshal(data, &n); err != nil || n.House == "" {
		return n, false, fmt.Errorf("%s is no note of Postrider", path)
	}
	here, err := placeOf(path)
	return n, n.File == "" || here.is(n.place()), err
}

func (n note) place() place {
	p := place{id: n.File}
	if n.Born != nil {
		p.born = sql.NullInt64{Int64: *n.Born, Valid: true}
	}
	return p
}

// write puts the note into a new file at path and on disk. Never are there two who
// write it, and what one left half done is the next one's to remove.
func (n note) write(path string) error {
	n.About = aboutNote
	wrote, err := n.writeAs(path, true)
	if err != nil {
		return err
	}
	if here, err := placeOf(path); err != nil || here.is(wrote.place()) {
		return err
	}
	_, err = n.writeAs(path, false)
	return err
}

// writeAs writes the note, with the name of its file in it or without, and gives it
// as written. Any user may read it, whoever runs Postrider today; only the folder
// decides who replaces it.
func (n note) writeAs(path string, named bool) (note, error) {
	temp := path + ".part"
	if err := os.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return n, err
	}
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return n, err
	}
	defer os.Remove(temp) // it has its name by then, or there is an error to tell
	n.File, n.Born = "", nil
	if named {
		var here place
		if here, err = placeOf(temp); err == nil {
			n.File = here.id
		}
		if here.born.Valid {
			n.Born = &here.born.Int64
		}
	}
	line, jsonErr := json.Marshal(n)
	_, writeErr := f.Write(append(line, '\n'))
	if err := errors.Join(err, jsonErr, writeErr, f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return n, err
	}
	return n, putInPlace(temp, path)
}
