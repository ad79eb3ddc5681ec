package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// server is one that serves the feed.
type server struct {
	cmd  *exec.Cmd
	url  string // of the feed
	etag string // of its plain form
}

// form is what is asked for.
type form string

const (
	plain     form = "plain"
	zipped    form = "gzip"
	unchanged form = "304"
)

// fields are the header fields of a request for a form.
func (s *server) fields(f form) http.Header {
	switch f {
	case zipped:
		return http.Header{"Accept-Encoding": {"gzip"}}
	case unchanged:
		return http.Header{"Accept-Encoding": {"identity"}, "If-None-Match": {s.etag}}
	}
	return http.Header{"Accept-Encoding": {"identity"}}
}

// serve starts the program.
func (s *site) serve() (*server, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	return begin(s.command("serve", "--address", address, "--quiet"), "http://"+address+"/atom.xml")
}

// nginxConfig is Debian's but for what keeps it in a folder of its own, and for
// connections that last: a reference should not lose time where ours does not.
const nginxConfig = `daemon off;
%[1]s
worker_processes auto;
pid %[2]s/nginx.pid;
error_log stderr warn;
events { worker_connections 768; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  types { application/atom+xml xml; }
  gzip_static on;
  client_body_temp_path %[2]s/body;
  proxy_temp_path %[2]s/proxy;
  fastcgi_temp_path %[2]s/fastcgi;
  uwsgi_temp_path %[2]s/uwsgi;
  scgi_temp_path %[2]s/scgi;
  server { listen %[3]s; root %[2]s/www; }
}
`

// serveByNginx starts nginx with what another serves.
func serveByNginx(dir string, other *server) (*server, error) {
	dir = filepath.Join(dir, "nginx")
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	_, whole, err := other.get(plain)
	if err != nil {
		return nil, err
	}
	_, packed, err := other.get(zipped)
	if err != nil {
		return nil, err
	}
	user := "" // who is not root cannot become another
	if os.Getuid() == 0 {
		user = "user root;" // whose folder this is
	}
	www := filepath.Join(dir, "www")
	err = errors.Join(os.MkdirAll(www, 0o755),
		os.WriteFile(filepath.Join(www, "atom.xml"), whole, 0o644),
		os.WriteFile(filepath.Join(www, "atom.xml.gz"), packed, 0o644),
		os.WriteFile(filepath.Join(dir, "nginx.conf"), fmt.Appendf(nil, nginxConfig, user, dir, address), 0o644))
	if err != nil {
		return nil, err
	}
	return begin(exec.Command("nginx", "-p", dir, "-c", filepath.Join(dir, "nginx.conf"), "-e", "stderr"), "http://"+address+"/atom.xml")
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// begin starts a server and waits for its first answer.
func begin(cmd *exec.Cmd, url string) (*server, error) {
	s := &server{cmd: cmd, url: url}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	for limit := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		res, _, err := s.get(plain)
		if err == nil {
			s.etag = res.Header.Get("Etag")
			return s, nil
		}
		if time.Now().After(limit) {
			s.stop()
			return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
		}
	}
}

// stop ends the server; it has nothing that could be lost.
func (s *server) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	_ = s.cmd.Wait()
}

// get asks once, and gives the octets as they came.
func (s *server) get(f form) (*http.Response, []byte, error) {
	req, err := http.NewRequest(http.MethodGet, s.url, nil)
	if err != nil {
		return nil, nil, err
	}
	req.Header = s.fields(f)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	want := http.StatusOK
	if f == unchanged {
		want = http.StatusNotModified
	}
	if err == nil && res.StatusCode != want {
		err = fmt.Errorf("%s as %s: %s", s.url, f, res.Status)
	}
	return res, body, err
}

// alike makes sure that two servers give the same, and says how long it is.
func (s *server) alike(other *server) (size int, err error) {
	for _, f := range []form{plain, zipped, unchanged} {
		ours, body, err := s.get(f)
		if err != nil {
			return 0, err
		}
		theirs, same, err := other.get(f)
		if err != nil {
			return 0, err
		}
		if !bytes.Equal(body, same) || ours.Header.Get("Content-Encoding") != theirs.Header.Get("Content-Encoding") {
			return 0, fmt.Errorf("%s and %s do not serve the same as %s", s.url, other.url, f)
		}
		size = max(size, len(body))
	}
	return size, nil
}

// rate lets wrk ask for some seconds, and gives the answers of one.
func (s *server) rate(f form, seconds int) (float64, error) {
	args := []string{"-t2", "-c32", "-d" + strconv.Itoa(seconds) + "s"}
	for name, values := range s.fields(f) {
		args = append(args, "-H", name+": "+values[0])
	}
	out, err := exec.Command("wrk", append(args, s.url)...).CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("wrk: %w\n%s", err, out)
	}
	var figure float64
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "Non-2xx") || strings.HasPrefix(line, "Socket errors") {
			return 0, fmt.Errorf("wrk, asking for %s as %s: %s", s.url, f, line)
		}
		if text, ok := strings.CutPrefix(line, "Requests/sec:"); ok {
			figure, err = strconv.ParseFloat(strings.TrimSpace(text), 64)
		}
	}
	if err != nil || figure <= 0 {
		return 0, fmt.Errorf("wrk told no figure: %v\n%s", err, out)
	}
	return figure, nil
}
