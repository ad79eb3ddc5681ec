package web

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

// Who keeps a connection gives it back when many others come.
func TestIdleConnectionsMakeRoom(t *testing.T) {
	inService(t, func(t *testing.T, p *pipes, _ func() error) {
		ask := func(conn net.Conn) {
			t.Helper()
			fmt.Fprint(conn, "GET /robots.txt HTTP/1.1\r\nHost: x\r\n\r\n")
			res, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil || res.StatusCode != http.StatusOK {
				t.Fatalf("%v, %v", res, err)
			}
			_, _ = io.Copy(io.Discard, res.Body)
		}
		for range 100 { // five times as many as are held
			ask(p.dial())
			synctest.Wait()
		}
	}, func(s *Server) { s.Connections = 20 })
}

// Who takes connections and does not ask keeps nobody out for long, also who stands
// for many clients.
func TestSilentConnectionsMakeRoom(t *testing.T) {
	inService(t, func(t *testing.T, p *pipes, _ func() error) {
		for range 20 {
			conn := p.dial()
			defer conn.Close()
			fmt.Fprint(conn, "GET / HTTP/1.1\r\n")
		}
		start := time.Now()
		conn := p.dial()
		fmt.Fprint(conn, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%v, %v", res, err)
		}
		if took := time.Since(start); took > 2*crowdTime {
			t.Errorf("it waited for %s", took)
		}
	}, func(s *Server) { s.Connections = 20 })
}

// One client does not take all connections, and who stands for many clients may.
func TestConnectionsOfOneClient(t *testing.T) {
	c := newConnections(400, func(a netip.Addr) bool { return a.IsPrivate() })
	open := func(address string, n int) (refused int) {
		for range n {
			conn := &fakeConn{from: address}
			c.note(conn, http.StateNew)
			if conn.closed {
				refused++
				c.note(conn, http.StateClosed)
			}
		}
		return refused
	}
	for _, test := range []struct {
		from       string
		n, refused int
	}{
		{"192.0.2.1:7", 60, 10},
		{"192.0.2.2:7", 50, 0},
		{"[2001:db8::1]:7", 40, 0},
		{"[2001:db8::2]:7", 20, 10}, // the same network
		{"10.0.0.1:7", 100, 0},
	} {
		if got := open(test.from, test.n); got != test.refused {
			t.Errorf("%d connections from %s: %d refused, want %d", test.n, test.from, got, test.refused)
		}
	}
	for conn := range c.held {
		c.note(conn, http.StateClosed)
	}
	if len(c.held)+len(c.clients)+len(c.fresh)+len(c.idle) > 0 {
		t.Errorf("something is left: %+v", c)
	}
}

// fakeConn is a connection from an address, on which nothing happens.
type fakeConn struct {
	net.Conn
	from   string
	closed bool
}

func (f *fakeConn) RemoteAddr() net.Addr { return fakeAddr(f.from) }
func (f *fakeConn) Close() error         { f.closed = true; return nil }

type fakeAddr string

func (fakeAddr) Network() string  { return "tcp" }
func (a fakeAddr) String() string { return string(a) }

// A form that comes slowly is not waited for as long as an answer may take.
func TestSlowForms(t *testing.T) {
	inService(t, func(t *testing.T, p *pipes, _ func() error) {
		conn := p.dial()
		start := time.Now()
		fmt.Fprint(conn, "POST /subscribe HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nemail=")
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || res.StatusCode != http.StatusRequestTimeout || !res.Close {
			t.Errorf("%v, %v", res, err)
		}
		if took := time.Since(start); took > bodyTime+time.Second {
			t.Errorf("it was waited for %s", took)
		}
	})
}
