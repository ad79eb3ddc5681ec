//go:build unix

package store

import (
	"errors"
	"os"
	"syscall"
)

// syncFolder brings to disk which files a folder has. Some file systems cannot,
// and need not.
func syncFolder(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	err = dir.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		err = nil
	}
	return errors.Join(err, dir.Close())
}
