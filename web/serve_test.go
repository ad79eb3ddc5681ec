package web

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"postrider/feed"
)

// newServer is the house on the web, before its handler is made.
func (h *house) newServer(change ...func(*Config, *Parts)) *Server {
	h.t.Helper()
	c := Config{Site: feed.Site{Title: "Example News", URL: h.site, Language: "en"}}
	p := Parts{Store: h.store, Renderer: h.renderer, Templates: h.templates(), Sources: h.dir,
		Now: func() time.Time { return h.now }, Log: h.log}
	for _, f := range change {
		f(&c, &p)
	}
	s, err := New(c, p)
	h.ok(err)
	return s
}

// pipes is a listener whose connections stay in memory, so that hours pass in a
// bubble of time.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func newPipes() *pipes { return &pipes{make(chan net.Conn), make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	close(p.closed)
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

func (p *pipes) dial() net.Conn {
	here, there := net.Pipe()
	p.conns <- there
	return here
}

// inService serves a site within a bubble of time. Its stop ends it, and says what
// Serve returned.
func inService(t *testing.T, do func(t *testing.T, p *pipes, stop func() error), change ...func(*Server)) {
	h := newHouse(t, "https://news.example.org")
	synctest.Test(t, func(t *testing.T) {
		s := h.newServer()
		for _, f := range change {
			f(s)
		}
		p := newPipes()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Serve(ctx, 5*time.Second, p) }()
		stopped := false
		stop := func() error {
			stopped = true
			cancel()
			return <-ended
		}
		do(t, p, stop)
		if !stopped {
			if err := stop(); err != nil {
				t.Error(err)
			}
		}
	})
}

// cutAfter sends a piece of a request again and again, and tells when the server
// has had enough.
func cutAfter(conn net.Conn, begin, piece string, every time.Duration) time.Duration {
	start := time.Now()
	go func() { _, _ = io.Copy(io.Discard, conn) }() // it may say why
	_, err := io.WriteString(conn, begin)
	for err == nil {
		time.Sleep(every)
		_, err = io.WriteString(conn, piece)
	}
	return time.Since(start)
}

// A client that is slow to ask is not waited for, whatever it is slow with.
func TestSlowClientsAreCutOff(t *testing.T) {
	for _, c := range []struct {
		name, begin, piece string
		within             time.Duration
	}{
		{"nothing at all", "", "", headerTime},
		{"a head, letter by letter", "GET / HTTP/1.1\r\nHost: news.example.org\r\nX-Slow: ", "a", headerTime},
		{"a head, line by line", "GET / HTTP/1.1\r\nHost: news.example.org\r\n", "X-Slow: a\r\n", headerTime},
		{"a body, letter by letter", "POST / HTTP/1.1\r\nHost: news.example.org\r\nContent-Length: 60000\r\n\r\n", "a", readTime},
	} {
		t.Run(c.name, func(t *testing.T) {
			inService(t, func(t *testing.T, p *pipes, _ func() error) {
				if took := cutAfter(p.dial(), c.begin, c.piece, time.Second/2); took > c.within+2*time.Second {
					t.Errorf("it was cut off after %s", took)
				}
			})
		})
	}
}

// One that is slow to read is cut off too, but not one that only takes its time.
func TestSlowReaders(t *testing.T) {
	const long = 1 << 20
	answer := func(s *Server) {
		s.table = append(s.table, route{path: "/long", get: func(w http.ResponseWriter, _ *http.Request) error {
			_, err := io.Copy(w, io.LimitReader(zeros{}, long))
			return err
		}})
	}
	for _, c := range []struct {
		name  string
		pause time.Duration // between 16 KiB and the next
		whole bool
	}{
		{"at a walk", 3 * time.Second, true},
		{"asleep", 5 * time.Minute, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			inService(t, func(t *testing.T, p *pipes, _ func() error) {
				conn := p.dial()
				fmt.Fprint(conn, "GET /long HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
				got := 0
				for buf := make([]byte, 16<<10); ; time.Sleep(c.pause) {
					n, err := io.ReadFull(conn, buf)
					got += n
					if err != nil {
						break
					}
				}
				if (got >= long) != c.whole {
					t.Errorf("%d octets were read", got)
				}
			}, answer)
		})
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// At the end, what is under way is answered, who has asked nothing is not waited
// for, and who takes too long is cut off.
func TestTheEndOfService(t *testing.T) {
	working := func(span time.Duration) func(*Server) {
		return func(s *Server) {
			s.table = append(s.table, route{path: "/work", get: func(w http.ResponseWriter, r *http.Request) error {
				time.Sleep(span)
				_, err := io.WriteString(w, "done")
				return err
			}})
		}
	}
	for _, c := range []struct {
		name        string
		work, takes time.Duration
		answered    bool
	}{
		{"in time", 3 * time.Second, 3 * time.Second, true},
		{"too late", time.Hour, 5 * time.Second, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			inService(t, func(t *testing.T, p *pipes, stop func() error) {
				idle, busy := p.dial(), p.dial()
				defer idle.Close()
				fmt.Fprint(busy, "GET /work HTTP/1.1\r\nHost: x\r\n\r\n")
				answer := make(chan bool, 1)
				go func() {
					res, err := http.ReadResponse(bufio.NewReader(busy), nil)
					answer <- err == nil && res.StatusCode == http.StatusOK
				}()
				synctest.Wait()
				start := time.Now()
				if err := stop(); err != nil {
					t.Error(err)
				}
				if took := time.Since(start).Truncate(time.Second); took != c.takes {
					t.Errorf("it took %s to end, want %s", took, c.takes)
				}
				if got := <-answer; got != c.answered {
					t.Errorf("answered: %v", got)
				}
				if _, err := idle.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
					t.Errorf("who has asked nothing gets %v", err)
				}
				time.Sleep(c.work) // until the handler has ended too
			}, working(c.work))
		})
	}
}

// A body of a gigabyte is refused for its announced length, or when it has grown
// too long, and never kept.
func TestAGigabyte(t *testing.T) {
	h := newHouse(t, "https://news.example.org")
	s := h.newServer()
	s.table = append(s.table, route{path: "/form", post: func(_ http.ResponseWriter, r *http.Request) error { return r.ParseForm() }})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	h.ok(err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, time.Second, l) }()
	defer func() {
		cancel()
		h.ok(<-ended)
	}()
	const gigabyte = 1 << 30
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for name, length := range map[string]int64{"announced": gigabyte, "in pieces": -1} {
		read := &counting{Reader: io.LimitReader(zeros{}, gigabyte)}
		r, err := http.NewRequest(http.MethodPost, "http://"+l.Addr().String()+"/form", read)
		h.ok(err)
		r.ContentLength = length
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := http.DefaultTransport.RoundTrip(r)
		// The server may close while it is still being written to.
		if err == nil {
			res.Body.Close()
			if res.StatusCode != http.StatusRequestEntityTooLarge {
				t.Errorf("%s: %s", name, res.Status)
			}
		} else if !strings.Contains(err.Error(), "reset") && !strings.Contains(err.Error(), "broken pipe") {
			t.Errorf("%s: %v", name, err)
		}
		if read.n.Load() > 64<<20 {
			t.Errorf("%s: it took %d octets", name, read.n.Load())
		}
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 16<<20 {
		t.Errorf("%d octets were allocated", grown)
	}
}

type counting struct {
	io.Reader
	n atomic.Int64 // the transport may still read when the answer is there
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n.Add(int64(n))
	return n, err
}
