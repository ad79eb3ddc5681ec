package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"reflect"
	"time"
	"unicode"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/term"
)

// output remembers that something could not be written, so that what people
// print without looking is not lost without a word.
type output struct {
	to     io.Writer
	failed error
}

func (o *output) Write(p []byte) (int, error) {
	shown := p
	if terminal(o.to) {
		shown = harmless(p)
	}
	if _, err := o.to.Write(shown); err != nil {
		if o.failed == nil {
			o.failed = fmt.Errorf("write to stdout: %w", err)
		}
		return 0, err
	}
	return len(p), nil
}

// harmless shows control characters as "^[", so that no text that came from
// elsewhere, a name or a post, gives orders to the terminal. Files and pipes get
// them as they are.
func harmless(p []byte) []byte {
	ordered := func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }
	if bytes.IndexFunc(p, ordered) < 0 {
		return p
	}
	var shown bytes.Buffer
	for _, r := range string(p) {
		if ordered(r) {
			shown.WriteRune('^')
			r = r&0x7f ^ 0x40
		}
		shown.WriteRune(r)
	}
	return shown.Bytes()
}

// printJSON writes the one document that --json promises. A list without items is
// [], never null.
func (a *app) printJSON(v any) error {
	if list := reflect.ValueOf(v); list.Kind() == reflect.Slice && list.IsNil() {
		v = []any{}
	}
	enc := json.NewEncoder(a.out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}

// show prints v as JSON where --json asks for it, and else lets people have
// their form of it.
func (a *app) show(v any, forPeople func()) error {
	if a.json {
		return a.printJSON(v)
	}
	if !a.quiet {
		forPeople()
	}
	return nil
}

// list prints a slice: as a JSON array, or as a table with a line for none.
func list[T any](a *app, items []T, none string, header []any, row func(T) []any) error {
	return stream(a, func(yield func(T, error) bool) {
		for _, item := range items {
			if !yield(item, nil) {
				return
			}
		}
	}, none, header, row)
}

// tableRows is how many rows are set as one table: enough for columns that stay
// where they are, few enough that a list of a million needs no memory.
const tableRows = 1000

// stream is list for as many items as there may be.
func stream[T any](a *app, items iter.Seq2[T, error], none string, header []any, row func(T) []any) error {
	if a.json {
		return streamJSON(a.out, items)
	}
	t, rows := a.listTable(header), 0
	for item, err := range items {
		if err != nil {
			return err
		}
		if a.quiet {
			continue
		}
		t.AppendRow(row(item))
		if rows++; rows%tableRows == 0 {
			t.Render()
			t = a.listTable(nil)
		}
	}
	switch {
	case a.quiet:
	case rows == 0:
		fmt.Fprintln(a.out, none)
	case rows%tableRows != 0:
		t.Render()
	}
	return nil
}

// listTable begins a table of many rows. On a terminal a row is one line: what does
// not fit is cut, and whole in a pipe or with --json.
func (a *app) listTable(header []any) table.Writer {
	t := a.table(header...)
	if width := a.width(); width > 0 {
		t.SetAllowedRowLength(width)
	}
	return t
}

// streamJSON writes items as one array while they come. An empty one is [].
func streamJSON[T any](w io.Writer, items iter.Seq2[T, error]) error {
	out := bufio.NewWriter(w)
	before := "[\n  "
	for item, err := range items {
		if err != nil {
			return errors.Join(err, out.Flush())
		}
		var text bytes.Buffer
		enc := json.NewEncoder(&text)
		enc.SetEscapeHTML(false)
		enc.SetIndent("  ", "  ")
		if err := enc.Encode(item); err != nil {
			return fmt.Errorf("write JSON: %w", err)
		}
		out.WriteString(before)
		out.Write(bytes.TrimRight(text.Bytes(), "\n"))
		before = ",\n  "
	}
	if before == ",\n  " {
		out.WriteString("\n]\n")
	} else {
		out.WriteString("[]\n")
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}

// each turns the items of one kind into those of another as they come.
func each[T, U any](items iter.Seq2[T, error], view func(T) U) iter.Seq2[U, error] {
	return func(yield func(U, error) bool) {
		for item, err := range items {
			if err != nil {
				var none U
				yield(none, err)
				return
			}
			if !yield(view(item), nil) {
				return
			}
		}
	}
}

// table begins a table without lines, as wide as its content.
func (a *app) table(header ...any) table.Writer {
	t := table.NewWriter()
	t.SetOutputMirror(a.out)
	style := table.StyleDefault
	style.Options = table.OptionsNoBordersAndSeparators
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	style.Format.Header = text.FormatUpper
	style.Box.UnfinishedRow = "…"
	t.SetStyle(style)
	if len(header) > 0 {
		t.AppendHeader(header)
	}
	t.SuppressTrailingSpaces()
	return t
}

// facts prints names and values below one another, leaving out empty ones.
func (a *app) facts(pairs ...[2]string) {
	t := a.table()
	for _, p := range pairs {
		if p[1] != "" {
			t.AppendRow(table.Row{p[0], p[1]})
		}
	}
	t.Render()
}

// stamp is a time for people: local, to the minute; "" for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2006-01-02 15:04")
}

// instant is a time for programs: RFC 3339 in UTC, null for none.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// count puts a number before its noun, which takes an s unless there is one.
func count[N int | int64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// width is how many columns the terminal at stdout has; 0 if there is none, and
// rows may be as long as they like.
func (a *app) width() int {
	out, ok := a.out.(*output)
	if !ok {
		return 0
	}
	f, ok := out.to.(*os.File)
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// terminal tells whether a person sits at this end.
func terminal(end any) bool {
	f, ok := end.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// columns is how wide a terminal is; 80 where it does not tell.
func columns(end any) int {
	if f, ok := end.(*os.File); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			return width
		}
	}
	return 80
}

// copyOut writes a document to stdout, ending its last line.
func (a *app) copyOut(data []byte) error {
	if _, err := a.out.Write(data); err != nil {
		return fmt.Errorf("write to stdout: %w", err)
	}
	if len(data) > 0 && data[len(data)-1] != '\n' {
		_, err := io.WriteString(a.out, "\n")
		return err
	}
	return nil
}
