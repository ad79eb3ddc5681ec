package feed

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"syscall"
)

// Report says what became of the files of a run, by their paths.
type Report struct {
	Written   []string `json:"written"`
	Unchanged []string `json:"unchanged"`
	Removed   []string `json:"removed"`
}

// Write brings files into a folder and makes it if need be. A file that already
// has the same bytes is not touched, so that rsync, git and validators by
// modification time see only what changed; any other is replaced in one step
// and on disk before its name changes. Nothing outside the folder can be
// written, not even by way of a symbolic link in it. When it fails, the files
// written so far are whole, and the report names them.
func Write(ctx context.Context, dir string, files iter.Seq2[File, error]) (Report, error) {
	r := Report{Written: []string{}, Unchanged: []string{}, Removed: []string{}}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return r, fmt.Errorf("make folder for feeds: %w", explain(err))
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return r, fmt.Errorf("open folder for feeds: %w", explain(err))
	}
	defer root.Close()
	for f, err := range files {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return r, err
		}
		changed, err := writeFile(root, f)
		switch {
		case err != nil:
			return r, fmt.Errorf("write %s: %w", filepath.Join(dir, filepath.FromSlash(f.Path)), explain(err))
		case changed:
			r.Written = append(r.Written, f.Path)
		default:
			r.Unchanged = append(r.Unchanged, f.Path)
		}
	}
	return r, nil
}

// writeFile writes one file unless it is there already, and says which.
func writeFile(root *os.Root, f File) (changed bool, err error) {
	name := filepath.FromSlash(f.Path)
	if !filepath.IsLocal(name) {
		return false, fmt.Errorf("path %q leads out of the folder", f.Path)
	}
	if same(root, name, f.Data) {
		return false, nil
	}
	folder := filepath.Dir(name)
	if err := root.MkdirAll(folder, 0o755); err != nil {
		return false, err
	}
	temporary := filepath.Join(folder, "."+path.Base(f.Path)+"."+rand.Text()[:8])
	if err := writeSynced(root, temporary, f.Data); err != nil {
		return false, errors.Join(err, ignoreMissing(root.Remove(temporary)))
	}
	if err := root.Rename(temporary, name); err != nil {
		return false, errors.Join(err, ignoreMissing(root.Remove(temporary)))
	}
	return true, nil
}

// same tells whether a file holds exactly these bytes. One that cannot be read
// does not: writing it will say why.
func same(root *os.Root, name string, data []byte) bool {
	info, err := root.Lstat(name)
	if err != nil || !info.Mode().IsRegular() || info.Size() != int64(len(data)) {
		return false
	}
	old, err := root.ReadFile(name)
	return err == nil && bytes.Equal(old, data)
}

// writeSynced writes a new file and waits until it is on disk.
func writeSynced(root *os.Root, name string, data []byte) error {
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// explain adds what to do to an error of the file system.
func explain(err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%w; free some space and run it again", err)
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w; choose a folder that you may write to", err)
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.EISDIR):
		return fmt.Errorf("%w; a file and a folder are in each other's place: move it away", err)
	}
	return err
}
