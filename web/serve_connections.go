package web

import (
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// A client may hold one part in so many of the connections; and while so much is
// taken, none is kept open for a next request, nor for long for a first one.
const (
	clientPart = 8
	minClient  = 16          // connections of one client in any case: browsers open six
	crowdTime  = time.Second // for the head of a first request, instead of headerTime
)

// connections are those that are held, so that a few clients do not take them all,
// whether by asking slowly, by asking nothing, or by keeping what they have.
type connections struct {
	limit  int
	each   int                   // of one client
	spared func(netip.Addr) bool // who stands for many clients

	mu      sync.Mutex
	held    map[net.Conn]netip.Prefix
	clients map[netip.Prefix]int
	fresh   map[net.Conn]time.Time // on which nothing was asked yet, by their beginning
	idle    map[net.Conn]struct{}  // that wait for a next request
	looking *time.Timer            // while crowded: for who does not ask
	leaving bool
}

func newConnections(limit int, spared func(netip.Addr) bool) *connections {
	return &connections{limit: limit, each: max(limit/clientPart, minClient), spared: spared,
		held: map[net.Conn]netip.Prefix{}, clients: map[netip.Prefix]int{},
		fresh: map[net.Conn]time.Time{}, idle: map[net.Conn]struct{}{}}
}

// note is told of each change, as [http.Server.ConnState].
func (c *connections) note(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.fresh, conn)
	delete(c.idle, conn)
	switch state {
	case http.StateNew:
		c.begin(conn)
	case http.StateIdle:
		if c.idle[conn] = struct{}{}; c.crowded() {
			closeAll(c.idle)
		}
	case http.StateClosed, http.StateHijacked:
		c.end(conn)
	}
}

func (c *connections) begin(conn net.Conn) {
	client := networkOf(conn.RemoteAddr())
	c.held[conn] = client
	c.clients[client]++
	if c.leaving || c.clients[client] > c.each && !c.spared(client.Addr()) {
		_ = conn.Close() // nobody is told: it has asked nothing
		return
	}
	c.fresh[conn] = time.Now()
	if c.crowded() {
		closeAll(c.idle)
		c.hurry()
	}
}

// hurry closes, for as long as it is crowded, those on which nothing was asked for a
// while. It holds also for those who are spared: they stand for many, not for all.
func (c *connections) hurry() {
	if c.looking == nil {
		c.looking = time.AfterFunc(crowdTime/2, c.look)
	}
}

func (c *connections) look() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.looking = nil
	if !c.crowded() {
		return
	}
	for conn, since := range c.fresh {
		if time.Since(since) >= crowdTime {
			_ = conn.Close()
			delete(c.fresh, conn)
		}
	}
	c.hurry()
}

func (c *connections) end(conn net.Conn) {
	client, ok := c.held[conn]
	if !ok {
		return
	}
	delete(c.held, conn)
	if c.clients[client]--; c.clients[client] == 0 {
		delete(c.clients, client)
	}
}

// crowded tells whether three quarters are taken.
func (c *connections) crowded() bool { return len(c.held) > c.limit-c.limit/4 }

func closeAll[V any](conns map[net.Conn]V) {
	for conn := range conns {
		_ = conn.Close()
	}
	clear(conns)
}

// leave closes those on which nothing was asked, and those that come later. Browsers
// open some in advance; [http.Server.Shutdown] would wait for their first request.
func (c *connections) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.leaving = true
	closeAll(c.fresh)
}

// networkOf is the client at the other end; the zero Prefix where that is no network
// address.
func networkOf(at net.Addr) netip.Prefix {
	addr, err := netip.ParseAddrPort(at.String())
	if err != nil {
		return netip.Prefix{}
	}
	return clientNetwork(plain(addr.Addr()))
}
