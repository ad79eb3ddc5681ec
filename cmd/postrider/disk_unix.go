//go:build unix

package main

import "golang.org/x/sys/unix"

// roomAt is how many octets may still be written to the file system of a folder.
func roomAt(dir string) (int64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, err
	}
	return int64(st.Bavail) * int64(st.Bsize), nil
}
