package importer

import (
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
)

// endless repeats a row until n octets were read.
type endless struct {
	row  string
	left int
	at   int
}

func (e *endless) Read(p []byte) (n int, err error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	for n < len(p) {
		c := copy(p[n:], e.row[e.at:])
		e.at = (e.at + c) % len(e.row)
		n += c
	}
	e.left -= n
	return n, nil
}

func TestOpenQuoteDoesNotEatTheFile(t *testing.T) {
	rows := &endless{row: "ann@example.org,Ann\n", left: 64 << 20}
	r, err := NewReader(io.MultiReader(strings.NewReader("email,name\nann@example.org,\"Ann\n"), rows), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Read(); !errors.Is(err, errTooLong) {
		t.Errorf("error = %v", err)
	}
	if rows.left < 60<<20 {
		t.Errorf("read on with %d octets left", rows.left)
	}
}

func TestMemoryDoesNotGrow(t *testing.T) {
	held := func(size int) uint64 {
		r, err := NewReader(io.MultiReader(strings.NewReader("email,name,topics\n"),
			&endless{row: "ann.smith@mail.example.org,Ann Smith,go;art\nbob@@,Bob,\n", left: size}), Options{})
		if err != nil {
			t.Fatal(err)
		}
		rows := 0
		for _, err := range r.All() {
			if err == nil {
				rows++
			}
		}
		if rows < size/100 {
			t.Fatalf("only %d rows of %d octets were read", rows, size)
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		runtime.KeepAlive(r)
		return m.HeapAlloc
	}
	small, large := held(1<<20), held(16<<20)
	if large > small+1<<20 {
		t.Errorf("%d octets held after 1 MiB, %d after 16", small, large)
	}
}

func BenchmarkReader(b *testing.B) {
	for name, c := range map[string][2]string{
		"email and name": {"email,name\n", "ann.smith@mail.example.org,Ann Smith\n"},
		"an export": {"email,name,state,cadence,topics,created_at,confirmed_at\n",
			"ann.smith@mail.example.org,Ann Smith,active,weekly,art; go,2026-03-02T09:00:00Z,2026-03-02T09:01:00Z\n"},
	} {
		b.Run(name, func(b *testing.B) {
			r, err := NewReader(io.MultiReader(strings.NewReader(c[0]), &endless{row: c[1], left: 1 << 50}), Options{})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.Read(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
