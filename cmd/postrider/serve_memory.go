package main

import (
	"context"
	"runtime/debug"
	"time"
)

// garbage is how much garbage a service lets grow before it is collected, in
// percent of what is in use. That is a few megabytes, so twice of it costs little,
// and nearly halves what collecting takes while many readers ask for feeds.
const garbage = 200

// thrifty sets that, unless the operator has decided otherwise.
func (s *session) thrifty() {
	if s.getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
}

// settleAfter is how long after its start a service gives back what the start took.
const settleAfter = time.Second

// settle collects what the start left behind. A service at rest makes so little
// garbage that the runtime would come to it only minutes later.
func (h *household) settle(ctx context.Context) error {
	select {
	case <-time.After(settleAfter):
		debug.FreeOSMemory()
	case <-ctx.Done():
	}
	return nil
}
