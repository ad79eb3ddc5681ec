package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"postrider/scripts/figures"
)

// What a commit of the ledger writes: some pages, over a file that has its room already.
const (
	syncedSize  = 16 << 10
	syncedParts = 64 // of the file, each written once
)

// syncTime is how many milliseconds a write takes until it is on disk, the median of some.
// Every mail waits for one, and neighbours of this machine wear the same disk: figures of
// two runs can be compared where this is the same.
func (b bench) syncTime() (ms float64, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("measure the disk: %w", err)
		}
	}()
	path := filepath.Join(b.dir, "disk")
	data := make([]byte, syncedSize)
	if err := os.WriteFile(path, make([]byte, syncedSize*syncedParts), 0o644); err != nil {
		return 0, err
	}
	defer os.Remove(path)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_SYNC, 0)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return 0, err
	}
	var times []float64
	for i := range syncedParts {
		start := time.Now()
		if _, err := f.WriteAt(data, int64(i)*syncedSize); err != nil {
			return 0, err
		}
		times = append(times, time.Since(start).Seconds()*1000)
	}
	return figures.Median(times), nil
}
