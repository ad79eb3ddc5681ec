package main

import (
	"context"
	"runtime/debug"
	"time"
)

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
