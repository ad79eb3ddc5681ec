package importer

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode"

	"postrider/newsletter"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// read gives every row and rejection of a file as one line each, and what was
// said of the file as a whole.
func read(r io.Reader) string {
	var b strings.Builder
	rd, err := NewReader(r, Options{})
	if err != nil {
		return fmt.Sprintf("error: %v\n", err)
	}
	if len(rd.Ignored()) > 0 {
		fmt.Fprintf(&b, "ignored columns: %q\n", rd.Ignored())
	}
	for row, err := range rd.All() {
		var rejected *Rejection
		switch {
		case errors.As(err, &rejected):
			fmt.Fprintf(&b, "rejected: %v\n", rejected)
		case err != nil:
			fmt.Fprintf(&b, "error: %v\n", err)
		default:
			fmt.Fprintf(&b, "row: %s\n", show(row))
		}
	}
	return b.String()
}

func show(r Row) string {
	day := func(t time.Time) string {
		if t.IsZero() {
			return "-"
		}
		return t.Format(time.RFC3339)
	}
	return fmt.Sprintf("%d %s %q %q %q %q %s %s", r.Line, r.Email, r.Name, r.State, r.Cadence, r.Topics, day(r.Created), day(r.Confirmed))
}

// Every file of testdata, as other systems write them and as people spoil
// them, against the report beside it.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.csv")
	if err != nil || len(files) == 0 {
		t.Fatalf("no test data: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := read(strings.NewReader(string(data)))
			if slow := read(iotest.OneByteReader(strings.NewReader(string(data)))); slow != got {
				t.Errorf("read byte by byte it says\n%s", slow)
			}
			golden := strings.TrimSuffix(file, ".csv") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil || string(want) != got {
				t.Errorf("got\n%s\nwant\n%s %v", got, want, err)
			}
		})
	}
}

func TestFilesRefused(t *testing.T) {
	for _, c := range []struct{ name, data, why string }{
		{"empty", "", "empty"},
		{"only space", " \r\n\n", "empty"},
		{"only a byte order mark", "\ufeff", "empty"},
		{"UTF-16 with its mark", "\xff\xfee\x00m\x00", "UTF-16"},
		{"UTF-16 without", "e\x00m\x00a\x00i\x00l\x00\n\x00", "UTF-16"},
		{"a spreadsheet", "PK\x03\x04\x14\x00\x06\x00", "export it as CSV"},
		{"binary", "email\n\x00\x01\x02", "not text"},
		{"old Macintosh", "email,name\rann@example.org,Ann\r", "carriage return"},
		{"no addresses", "name;age\nAnn;7\n", `only "name", "age"`},
		{"no header", "ann@example.org,Ann\nbob@example.org,Bob\n", "put a line such as email,name above it"},
		{"two columns of addresses", "email,E-Mail\na@example.org,b@example.org\n", `"email" and "E-Mail"`},
		{"a broken header", "email,na\"me\n", "read the header"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := NewReader(strings.NewReader(c.data), Options{})
			if err == nil || !strings.Contains(err.Error(), c.why) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error = %v; want one line about %q", err, c.why)
			}
		})
	}
}

func TestReadErrorIsFinal(t *testing.T) {
	broken := errors.New("the disk is gone")
	r, err := NewReader(io.MultiReader(strings.NewReader(strings.Repeat("email\n", 1)+strings.Repeat("ann@example.org\n", 5000)),
		iotest.ErrReader(broken)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	rows, last := 0, error(nil)
	for _, err := range r.All() {
		if last = err; err == nil {
			rows++
		}
	}
	if rows != 5000 || !errors.Is(last, broken) {
		t.Errorf("%d rows, then %v", rows, last)
	}
}

func TestDelimiter(t *testing.T) {
	for _, d := range []string{",", ";", "\t"} {
		data := strings.ReplaceAll("name|email|topics\n|ann@example.org|\nBob|bob@example.org|go\n", "|", d)
		want := "row: 2 ann@example.org \"\" \"\" \"\" [] - -\nrow: 3 bob@example.org \"Bob\" \"\" \"\" [\"go\"] - -\n"
		if got := read(strings.NewReader(data)); got != want {
			t.Errorf("with %q:\n%s", d, got)
		}
	}
	r, err := NewReader(strings.NewReader("email|name\nann@example.org|Ann\n"), Options{Delimiter: '|'})
	if err != nil {
		t.Fatal(err)
	}
	if row, err := r.Read(); err != nil || row.Name != "Ann" {
		t.Errorf("with a delimiter of one's own: %v, %v", row, err)
	}
}

func TestOffset(t *testing.T) {
	data := "\ufeffemail,name\nann@example.org,Ann\n\"bob@example.org\",\"B\nob\"\ncat@example.org,Cat\n"
	r, err := NewReader(strings.NewReader(data), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []int{2, 3, 5} {
		if _, err := r.Read(); err != nil || r.line != line {
			t.Errorf("at line %d (%v), want %d", r.line, err, line)
		}
	}
	if _, err := r.Read(); err != io.EOF || r.Offset() != int64(len(data)) {
		t.Errorf("at the end: %v, offset %d of %d", err, r.Offset(), len(data))
	}
}

func TestRejectionIsPrintable(t *testing.T) {
	got := read(strings.NewReader("email\n\"\x1b[31m" + strings.Repeat("x", 500) + "\"\n"))
	if strings.ContainsFunc(strings.TrimSuffix(got, "\n"), unicode.IsControl) || len(got) > 200 {
		t.Errorf("a report is not fit for a terminal: %q", got)
	}
}

func FuzzReader(f *testing.F) {
	files, err := filepath.Glob("testdata/*.csv")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := NewReader(strings.NewReader(string(data)), Options{})
		if err != nil {
			return
		}
		lines, last := strings.Count(string(data), "\n")+1, 1
		for row, err := range r.All() {
			var rejected *Rejection
			if errors.As(err, &rejected) {
				row.Line = rejected.Line
			} else if err != nil {
				return
			} else if a, err := newsletter.ParseAddress(string(row.Email)); err != nil || a != row.Email {
				t.Fatalf("line %d gave the address %q: %v", row.Line, row.Email, err)
			}
			if row.Line <= last || row.Line > lines {
				t.Fatalf("line %d after line %d in a file of %d", row.Line, last, lines)
			}
			last = row.Line
		}
	})
}
