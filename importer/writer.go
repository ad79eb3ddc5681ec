package importer

import (
	"encoding/csv"
	"fmt"
	"io"
	"time"
)

// Writer writes subscribers as CSV that a [Reader] reads back to the same rows.
//
// Values stand in the file exactly as they are. A spreadsheet takes one that
// begins with =, +, - or @ for a formula; whoever opens a list that strangers
// could write into should import its columns as text. To change the values
// instead would lose them for every other reader.
type Writer struct {
	csv     *csv.Writer
	started bool
}

// NewWriter writes to w. Nothing is certain to be there before [Writer.Flush].
func NewWriter(w io.Writer) *Writer { return &Writer{csv: csv.NewWriter(w)} }

// Write adds a row; its Line is of no matter.
func (w *Writer) Write(r Row) error {
	if err := w.header(); err != nil {
		return err
	}
	topics, err := joinTopics(r.Topics)
	if err != nil {
		return fmt.Errorf("write topics of %s: %w", r.Email, err)
	}
	return w.csv.Write([]string{string(r.Email), r.Name, string(r.State), string(r.Cadence), topics,
		formatTime(r.Created), formatTime(r.Confirmed)})
}

// Flush brings what was written to the underlying writer, at least the header.
func (w *Writer) Flush() error {
	if err := w.header(); err != nil {
		return err
	}
	w.csv.Flush()
	return w.csv.Error()
}

func (w *Writer) header() error {
	if w.started {
		return nil
	}
	w.started = true
	return w.csv.Write([]string{"email", "name", "state", "cadence", "topics", "created_at", "confirmed_at"})
}

func formatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
