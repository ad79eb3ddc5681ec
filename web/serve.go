package web

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/net/netutil"
)

// What a connection is given. Who is slower than this keeps others from being
// served, on purpose or not.
const (
	headerTime = 10 * time.Second // for the head of a request
	readTime   = 30 * time.Second // for a whole request, at most maxBody long
	writeTime  = time.Minute      // for an answer; a long one gets more, see stretch
	idleTime   = 2 * time.Minute  // between two requests
	maxHeader  = 32 << 10         // octets of the head of a request
)

// usualConnections is how many connections are held at once unless the settings
// say otherwise. Those beyond it wait to be taken.
const usualConnections = 4096

// Serve answers on the listeners until ctx ends. Then it takes no more requests,
// gives those under way the time drain, and cuts off what is left. An error
// is one of a listener; all of them are closed when it returns.
func (s *Server) Serve(ctx context.Context, drain time.Duration, listeners ...net.Listener) error {
	held := newConnections(s.Connections, s.spared)
	server := &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: headerTime,
		ReadTimeout:       readTime,
		WriteTimeout:      writeTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    maxHeader,
		ConnState:         held.note,
		ErrorLog:          slog.NewLogLogger(s.Log.Handler(), slog.LevelWarn),
	}
	go s.readers.run(ctx)
	failed := make(chan error, len(listeners))
	for _, l := range listeners {
		go func() { failed <- server.Serve(netutil.LimitListener(gathering{l}, s.Connections)) }()
	}
	select {
	case err := <-failed:
		_ = server.Close() // the first error is the one that tells
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	farewell, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	held.leave()
	if err := server.Shutdown(farewell); err != nil {
		s.Log.Warn("requests under way were cut off", "drain", drain)
		_ = server.Close()
	}
	s.readers.flush(context.WithoutCancel(ctx))
	return nil
}
