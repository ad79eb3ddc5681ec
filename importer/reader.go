package importer

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
)

// Options are what a caller may say about a file.
type Options struct {
	Delimiter rune // between columns; 0: found out from the header
}

// Reader reads subscribers from CSV (RFC 4180) with a header row. Columns may
// stand in any order, apart by comma, semicolon or tab. The file must be UTF-8.
type Reader struct {
	csv     *csv.Reader
	guard   *guard
	columns columns
	line    int
	skipped int64 // octets before the first row: a byte order mark

	// Most rows of a list repeat the topics of another; these are the last ones.
	topicCell string
	topics    []string
}

// NewReader reads the header of a file. Its errors are about the whole file:
// that it is empty, no CSV, not UTF-8, or has no column of addresses.
func NewReader(r io.Reader, o Options) (*Reader, error) {
	open, err := openCSV(r, o.Delimiter)
	if err != nil {
		return nil, err
	}
	header, err := open.csv.Read()
	if err != nil {
		if errors.Is(err, io.EOF) {
			return nil, errEmpty
		}
		return nil, fmt.Errorf("read the header: %w", err)
	}
	open.line, _ = open.csv.FieldPos(0)
	open.columns, err = parseColumns(header)
	if err != nil {
		return nil, err
	}
	return open, nil
}

// Ignored lists the columns of the file that say nothing to us.
func (r *Reader) Ignored() []string { return r.columns.ignored }

// Offset is how many octets of the file have been dealt with.
func (r *Reader) Offset() int64 { return r.skipped + r.csv.InputOffset() }

// All goes through the rows to the end of the file, or to the first error that
// is no [*Rejection].
func (r *Reader) All() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for {
			row, err := r.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			if !yield(row, err) {
				return
			}
			if _, ok := errors.AsType[*Rejection](err); err != nil && !ok {
				return
			}
		}
	}
}

// Read gives the next row. A row that cannot be used is a [*Rejection], and the
// next call goes on behind it. The end of the file is [io.EOF]; any other error
// is final. Rows without any value are passed over.
func (r *Reader) Read() (Row, error) {
	for {
		r.guard.renew()
		record, err := r.csv.Read()
		if err != nil && !errors.Is(err, csv.ErrFieldCount) {
			return Row{}, r.broken(record, err)
		}
		r.line, _ = r.csv.FieldPos(0)
		if blank(record) {
			continue
		}
		if err != nil {
			return Row{}, r.miscounted(record)
		}
		return r.row(record)
	}
}

func blank(record []string) bool {
	for _, cell := range record {
		if strings.TrimSpace(cell) != "" {
			return false
		}
	}
	return true
}

// broken turns what encoding/csv says of one row into a Rejection, and of the
// whole file into an error that names the line.
func (r *Reader) broken(partial []string, err error) error {
	var pe *csv.ParseError
	switch {
	case errors.Is(err, io.EOF):
		return io.EOF
	case errors.Is(err, errTooLong):
		return fmt.Errorf("after line %d: %w", r.line, err)
	case !errors.As(err, &pe):
		return fmt.Errorf("read on after line %d: %w", r.line, err)
	}
	r.line = pe.StartLine
	reason := fmt.Sprintf("a quote stands bare in column %d of the line; double it and quote the whole value", pe.Column)
	if errors.Is(err, csv.ErrQuote) {
		reason = "a quoted value does not end as it should; write a quote inside it twice"
		if pe.Line > pe.StartLine {
			reason = fmt.Sprintf("a quote that opens here is not closed properly by line %d; nothing up to there was read", pe.Line)
		}
	}
	return r.reject(r.address(partial), reason)
}

func (r *Reader) miscounted(record []string) error {
	reason := fmt.Sprintf("has %s where the header has %d", columnCount(len(record)), r.columns.count)
	if last, _ := r.csv.FieldPos(len(record) - 1); last > r.line {
		reason += fmt.Sprintf(", and goes on to line %d: is a quote left open?", last)
	}
	return r.reject(r.address(record), reason)
}

// address gives what stands in the column of addresses, or else what comes
// first in a record too short or broken to have it.
func (r *Reader) address(record []string) string {
	if i := r.columns.at[email]; i < len(record) {
		return record[i]
	}
	if len(record) > 0 {
		return record[0]
	}
	return ""
}

func (r *Reader) reject(value, reason string) error {
	return &Rejection{Line: r.line, Value: printable(value), Reason: reason}
}

func columnCount(n int) string {
	if n == 1 {
		return "1 column"
	}
	return fmt.Sprintf("%d columns", n)
}
