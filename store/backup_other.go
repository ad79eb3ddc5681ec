//go:build !unix

package store

// syncFolder is not needed where folders cannot be opened: the journal of the
// file system holds their changes.
func syncFolder(string) error { return nil }
