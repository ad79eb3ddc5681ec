package store

import (
	"context"
	"time"
)

// How often fold looks whether readers have left, and how long it rests in between:
// pages are read in less.
const (
	foldLooks = 10
	foldRest  = 10 * time.Millisecond
)

// fold brings the write-ahead log into the file and empties it. Until then what was
// erased can be read there, however well it was overwritten in the file. Whoever reads
// or writes for longer keeps it from that, which is no error: the next erasing tries
// again, as does [Store.Tidy].
func (s *Store) fold(ctx context.Context) {
	for range foldLooks {
		var busy, frames, folded int
		err := s.writer.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &frames, &folded)
		if err != nil || busy == 0 {
			return // what ails the database is told by what was to be done with it
		}
		select {
		case <-time.After(foldRest):
		case <-ctx.Done():
			return
		}
	}
}
