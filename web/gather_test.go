package web

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"testing"
)

// Answers of every length, with a length and without, read the same through a
// connection that gathers them, one after the other on the same connection.
func TestGatheredAnswersAreWhole(t *testing.T) {
	body := bytes.Repeat([]byte("0123456789abcdef"), 20_000/16)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.FormValue("n"))
		if r.FormValue("chunked") == "" {
			w.Header().Set("Content-Length", strconv.Itoa(n))
		}
		for piece := range slices.Chunk(body[:n], 7001) {
			_, _ = w.Write(piece)
		}
	}))
	server.Listener = gathering{server.Listener}
	server.Start()
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	answers := bufio.NewReader(conn)
	for _, n := range []int{0, 1, 2000, 3900, 3950, 3975, 4000, 4095, 4096, 4097, 7001, 8192, 20_000} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			for _, chunked := range []string{"", "&chunked=yes"} {
				r := httptest.NewRequest(method, server.URL+"/?n="+strconv.Itoa(n)+chunked, nil)
				if err := r.Write(conn); err != nil {
					t.Fatal(err)
				}
				res, err := http.ReadResponse(answers, r)
				if err != nil {
					t.Fatal(err)
				}
				want := body[:n]
				if method == http.MethodHead {
					want = nil
				}
				if got, err := io.ReadAll(res.Body); err != nil || !bytes.Equal(got, want) {
					t.Errorf("%s of %d%s: %d octets, %v", method, n, chunked, len(got), err)
				}
			}
		}
	}
}

// What has no more to come must not be kept, or its reader would wait for ever.
func TestOnlyWhatGoesOnIsKept(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n"
	for written, want := range map[string]bool{
		head + "\r\nhel":             true,
		head + "\r\nhello":           false, // all of it
		head + "\r\n":                false, // to HEAD, or flushed
		head:                         false, // more of the head
		"HTTP/1.1 200 OK\r\n\r\nhel": false, // as long as it lasts
		"lo":                         false, // the end of an answer
		"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nh": false,
	} {
		if got := unfinished([]byte(written)); got != want {
			t.Errorf("%q is kept: %t", written, got)
		}
	}
}
