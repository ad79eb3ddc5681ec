package main

import (
	"context"
	"fmt"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// watch tells systemd, if that has started this process, how it goes: ready, each
// time in good health, and about to stop (sd_notify(3)). Where a duty has stopped
// or the database does not answer, the watchdog hears nothing and has the
// process begun anew.
func (h *household) watch(ctx context.Context) error {
	h.notify(daemon.SdNotifyReady)
	interval, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		h.log.Warn("the watchdog's settings cannot be read; it is not fed", "error", err)
	}
	if interval > 0 {
		h.feed(ctx, interval/3)
	}
	<-ctx.Done()
	h.notify(daemon.SdNotifyStopping)
	return nil
}

// feed tells the watchdog that all is well, for as long as it is.
func (h *household) feed(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := h.healthy(ctx, every); err == nil {
			h.notify(daemon.SdNotifyWatchdog)
		} else if ctx.Err() == nil {
			h.log.Error("the watchdog is not fed", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// healthy tells what keeps this process from its duties.
func (h *household) healthy(ctx context.Context, patience time.Duration) error {
	for _, d := range h.duties {
		if words := d.Stopped(h.now()); words != "" {
			return fmt.Errorf("%s: %s", d.Name, words)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err := h.store.Change(ctx)
	return err
}

func (h *household) notify(state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		h.log.Warn("systemd cannot be told", "state", state, "error", err)
	}
}
