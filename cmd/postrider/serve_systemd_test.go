//go:build linux

package main

import (
	"context"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
)

// manager listens as systemd does for what its services say.
type manager struct {
	t    *testing.T
	conn *net.UnixConn
}

func newManager(t *testing.T) *manager {
	t.Helper()
	name := t.TempDir() + "/notify"
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &manager{t, conn}
}

func (m *manager) hears() string {
	m.t.Helper()
	buf := make([]byte, 512)
	n, err := m.conn.Read(buf)
	if err != nil {
		m.t.Fatal(err)
	}
	return string(buf[:n])
}

// systemd is told when it is ready, that it is well, and when it stops.
func TestServeTellsSystemd(t *testing.T) {
	t.Parallel()
	m := newManager(t)
	s := newSite(t, 1, "transport: maildir")
	p := s.startAs("postrider", []string{"NOTIFY_SOCKET=" + m.conn.LocalAddr().String(), "WATCHDOG_USEC=90000"},
		"serve", "--address", "127.0.0.1:0")
	if said := m.hears(); said != "READY=1" {
		t.Errorf("first it says %q; its log:\n%s", said, p.err.String())
	}
	for range 3 {
		if said := m.hears(); said != "WATCHDOG=1" {
			t.Errorf("then it says %q", said)
		}
	}
	p.signal(os.Interrupt)
	said := m.hears()
	for said == "WATCHDOG=1" {
		said = m.hears()
	}
	if said != "STOPPING=1" {
		t.Errorf("at the end it says %q", said)
	}
	p.exits(exitDone)
}

// A socket that systemd has opened takes the place of the address, also one that
// has no port.
func TestServeTakesSocketsOfSystemd(t *testing.T) {
	t.Parallel()
	s := newSite(t, 1, "transport: maildir")
	name := t.TempDir() + "/web"
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: name, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	file, err := l.File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	// Its number is known to the process alone.
	p := s.prepare("sh", []string{"LISTEN_FDS=1"}, "-c", "LISTEN_PID=$$ exec postrider serve --json")
	p.ExtraFiles = []*os.File{file}
	begun := p.out.says("\n}\n")
	p.run()
	select {
	case <-begun:
	case <-p.ended:
		t.Fatalf("it ended: %s", p.err.String())
	}
	if !strings.Contains(p.out.String(), name) {
		t.Errorf("it does not say where it listens: %s", p.out.String())
	}
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", name)
	}}}
	res, err := client.Get("http://gazette.example.org/healthz")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	client.CloseIdleConnections()
	if res.StatusCode != http.StatusOK {
		t.Error(res.Status)
	}
	p.signal(os.Interrupt)
	p.exits(exitDone)
}
