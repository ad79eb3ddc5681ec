package importer

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
)

// What keeps a whole file from being read.
var (
	errEmpty   = errors.New("the file is empty: want a line that names the columns, such as email,name, and a line for each subscriber")
	errUTF16   = errors.New("the file is UTF-16: save it as UTF-8 (spreadsheets call it \"CSV UTF-8\")")
	errZip     = errors.New("the file is a spreadsheet or an archive, not CSV: export it as CSV")
	errBinary  = errors.New("the file is not text: export the list as CSV in UTF-8")
	errCR      = errors.New("the file ends its lines with a bare carriage return: save it with LF or CRLF line ends")
	errTooLong = errors.New("a row is longer than 1 MiB: is a quote left open?")
)

// maxRecord is the most octets one row may have. It is what a quote that
// nobody closed can make us keep in memory.
const maxRecord = 1 << 20

// peekSize holds the header of any sane file.
const peekSize = 64 << 10

var utf8BOM = []byte("\xef\xbb\xbf")

// openCSV looks at a file's beginning and sets a csv.Reader on it.
func openCSV(r io.Reader, delimiter rune) (*Reader, error) {
	g := &guard{r: r}
	g.renew()
	buffered := bufio.NewReaderSize(g, peekSize)
	head, err := buffered.Peek(peekSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	open := &Reader{guard: g}
	if bytes.HasPrefix(head, utf8BOM) {
		n, _ := buffered.Discard(len(utf8BOM)) // it was peeked at
		open.skipped, head = int64(n), head[n:]
	}
	if err := checkText(head); err != nil {
		return nil, err
	}
	if delimiter == 0 {
		delimiter = detect(head)
	}
	open.csv = csv.NewReader(buffered)
	open.csv.Comma = delimiter
	open.csv.ReuseRecord = true
	open.csv.TrimLeadingSpace = delimiter != '\t' // a tab is space too, and would swallow empty cells
	return open, nil
}

// checkText refuses the files that people take for CSV.
func checkText(head []byte) error {
	nul := bytes.IndexByte(head, 0) >= 0
	switch {
	case len(bytes.TrimSpace(head)) == 0:
		return errEmpty
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return errUTF16
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return errZip
	case nul && (len(head) > 1 && (head[0] == 0 || head[1] == 0)):
		return errUTF16
	case nul:
		return errBinary
	case bytes.IndexByte(head, '\n') < 0 && bytes.IndexByte(bytes.TrimSpace(head), '\r') >= 0:
		return errCR
	}
	return nil
}

// detect finds the delimiter of a header: the one that sets a column of
// addresses apart, and of several the one with the most columns.
func detect(head []byte) rune {
	best, most, known := ',', 0, false
	for _, d := range ",;\t" {
		c := csv.NewReader(bytes.NewReader(head))
		c.Comma, c.LazyQuotes, c.TrimLeadingSpace = d, true, d != '\t'
		header, err := c.Read()
		if err != nil {
			continue
		}
		has := slices.ContainsFunc(header, func(h string) bool { return fieldOf(h) == email })
		if has && !known || has == known && len(header) > most {
			best, most, known = d, len(header), has
		}
	}
	return best
}

// guard passes reads on until more was read for one row than a row may have.
type guard struct {
	r    io.Reader
	left int
}

// renew begins a new row.
func (g *guard) renew() { g.left = maxRecord + 2*peekSize }

func (g *guard) Read(p []byte) (int, error) {
	if g.left <= 0 {
		return 0, errTooLong
	}
	n, err := g.r.Read(p)
	g.left -= n
	return n, err
}
