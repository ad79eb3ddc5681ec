package web

import (
	"bytes"
	"net"
	"strconv"
)

// gathering makes the answers of a listener leave in one piece. net/http writes a
// head and as much of the body as fits into 4 KiB, and then the rest: two calls of
// the system, and a reader that is woken twice, for every feed.
type gathering struct{ net.Listener }

// Accept implements [net.Listener].
func (l gathering) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &gatherer{Conn: conn}, nil
}

// gatherer is a connection that keeps the beginning of an answer until the next
// piece of it is written.
type gatherer struct {
	net.Conn
	held []byte // empty: nothing
}

// Write implements [net.Conn]. What was kept goes before p, and is no part of n. If
// nothing more is written, the answer was given up and the connection is closed.
func (g *gatherer) Write(p []byte) (n int, err error) {
	if len(g.held) == 0 {
		if unfinished(p) {
			g.held = append(g.held, p...)
			return len(p), nil
		}
		return g.Conn.Write(p)
	}
	pieces := net.Buffers{g.held, p}
	written, err := pieces.WriteTo(g.Conn)
	n = max(0, int(written)-len(g.held))
	g.held = g.held[:0]
	return n, err
}

// unfinished tells whether p is the head of an answer with some of its body, and
// the length in the head says that more of that is to come (RFC 9112, section 6.3).
// One that has no body, as to HEAD, may name a length too.
func unfinished(p []byte) bool {
	if !bytes.HasPrefix(p, []byte("HTTP/1.")) {
		return false
	}
	head, body, whole := bytes.Cut(p, []byte("\r\n\r\n"))
	if !whole || len(body) == 0 {
		return false
	}
	_, field, said := bytes.Cut(head, []byte("\r\nContent-Length: "))
	value, _, _ := bytes.Cut(field, []byte("\r\n"))
	length, err := strconv.Atoi(string(value))
	return said && err == nil && length > len(body)
}
