package figures

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// Book gathers the figures of one bench.
type Book struct {
	path  string // of the file that several share; "" for a book alone
	lines io.Writer
	kept  []Figure
}

// Open opens a book that keeps its figures in a file, after what is there already;
// without a path, one that prints them when it is closed.
func Open(path string) *Book { return &Book{path: path, lines: os.Stderr} }

// Say tells of one measurement, or of what is being measured.
func (b *Book) Say(format string, args ...any) { fmt.Fprintf(b.lines, format+"\n", args...) }

// Add keeps a figure. An axis that is unknown is an error.
func (b *Book) Add(figures ...Figure) error {
	for _, f := range figures {
		if !slices.ContainsFunc(Axes(), func(a Axis) bool { return a.Key == f.Axis }) {
			return fmt.Errorf("no axis is called %q; see figures.Axes", f.Axis)
		}
		if err := b.keep(f); err != nil {
			return err
		}
	}
	return nil
}

// keep writes a figure at once: what ends a bench later leaves what it had.
func (b *Book) keep(f Figure) error {
	b.kept = append(b.kept, f)
	if b.path == "" {
		return nil
	}
	line, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("keep figure %s: %w", f.Axis, err)
	}
	file, err := os.OpenFile(b.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("keep figure %s: %w", f.Axis, err)
	}
	_, err = file.Write(append(line, '\n'))
	return errors.Join(err, file.Close())
}

// Close prints the table of a book alone.
func (b *Book) Close() error {
	if b.path != "" {
		return nil
	}
	return Print(os.Stdout, ThisMachine(), b.kept, false)
}

// Read reads the figures that several books have kept in a file.
func Read(path string) ([]Figure, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read figures: %w", err)
	}
	var all []Figure
	for dec := json.NewDecoder(bytes.NewReader(data)); ; {
		var f Figure
		if err := dec.Decode(&f); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("read figures of %s: %w", path, err)
		}
		all = append(all, f)
	}
}
