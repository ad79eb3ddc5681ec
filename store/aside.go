package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// besides are the endings of what SQLite keeps beside a database: its log, its
// journal and the index of the log. Beside another file of that name they would be
// taken for its own, and played into it.
func besides() []string { return []string{"-wal", "-journal", "-shm"} }

// leftBeside lists what of that lies beside path, whether or not a file is there.
func leftBeside(path string) []string {
	var left []string
	for _, suffix := range besides() {
		if _, err := os.Lstat(path + suffix); err == nil {
			left = append(left, path+suffix)
		}
	}
	return left
}

// asideOf is the name under which is kept what was at path until now.
func asideOf(path string, now time.Time) string {
	return path + "." + now.UTC().Format("20060102T150405Z")
}

// vacant fails with [ErrConflict] where something would be lost to what is to be kept.
func vacant(kept string) error {
	taken := leftBeside(kept)
	if _, err := os.Lstat(kept); err == nil {
		taken = append(taken, kept)
	}
	if len(taken) > 0 {
		return errorf(ErrConflict, "%s exists already; run again", taken[0])
	}
	return nil
}

// exchange gives a settled file its name. What was there and beside it, of which
// there may be all or nothing, is kept under the other name. Where it fails, all is
// as it was. That the new file is there for ever is for syncFolder.
func exchange(temp, path, kept string) error {
	if err := vacant(kept); err != nil {
		return err
	}
	err := keep(path, kept)
	if err == nil {
		err = keepBeside(path, kept)
	}
	if err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		return errors.Join(err, putBack(path, kept))
	}
	return nil
}

// keep gives a file a second name, so that its first is never nobody's; where
// that cannot be done, another.
func keep(path, kept string) error {
	if err := os.Link(path, kept); err == nil || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := os.Rename(path, kept); err != nil {
		return fmt.Errorf("keep the former database: %w", err)
	}
	return nil
}

// keepBeside moves away what lies beside a database that is damaged, in use or
// gone. None of it may come back beside the new file when the power fails.
func keepBeside(path, kept string) error {
	for _, suffix := range besides() {
		if err := os.Rename(path+suffix, kept+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("keep what stands beside the former database: %w", err)
		}
	}
	return syncFolder(filepath.Dir(path))
}

// putBack undoes keep and keepBeside, as far as they came.
func putBack(path, kept string) error {
	var errs []error
	for _, suffix := range append(besides(), "") {
		there, err := os.Lstat(kept + suffix)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		here, missing := os.Lstat(path + suffix)
		switch {
		case err != nil:
		case errors.Is(missing, fs.ErrNotExist):
			err = os.Rename(kept+suffix, path+suffix)
		case missing == nil && os.SameFile(here, there):
			err = os.Remove(kept + suffix) // renamed, a file with two names would keep both
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
