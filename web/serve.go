package web

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
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
	var waiting newcomers
	server := &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: headerTime,
		ReadTimeout:       readTime,
		WriteTimeout:      writeTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    maxHeader,
		ConnState:         waiting.note,
		ErrorLog:          slog.NewLogLogger(s.Log.Handler(), slog.LevelWarn),
	}
	go s.readers.run(ctx)
	failed := make(chan error, len(listeners))
	for _, l := range listeners {
		go func() { failed <- server.Serve(netutil.LimitListener(l, s.Connections)) }()
	}
	select {
	case err := <-failed:
		_ = server.Close() // the first error is the one that tells
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	farewell, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	waiting.leave()
	if err := server.Shutdown(farewell); err != nil {
		s.Log.Warn("requests under way were cut off", "drain", drain)
		_ = server.Close()
	}
	s.readers.flush(context.WithoutCancel(ctx))
	return nil
}

// newcomers are connections on which nothing was asked yet. Browsers open some in
// advance; [http.Server.Shutdown] would wait for their first request.
type newcomers struct {
	mu      sync.Mutex
	conns   map[net.Conn]struct{}
	leaving bool
}

func (n *newcomers) note(c net.Conn, state http.ConnState) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case state != http.StateNew:
		delete(n.conns, c)
	case n.leaving:
		_ = c.Close() // nobody is told: it has asked nothing
	default:
		if n.conns == nil {
			n.conns = make(map[net.Conn]struct{})
		}
		n.conns[c] = struct{}{}
	}
}

// leave closes them, and those that come later.
func (n *newcomers) leave() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.leaving = true
	for c := range n.conns {
		_ = c.Close()
	}
}
