//go:build unix && !linux

package store

func placeOf(path string) (place, error) { return inodeOf(path) }
