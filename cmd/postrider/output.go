package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/term"
)

// printJSON writes the one document that --json promises.
func (a *app) printJSON(v any) error {
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
	if items == nil {
		items = []T{} // an empty list is [], never null
	}
	return a.show(items, func() {
		if len(items) == 0 {
			fmt.Fprintln(a.out, none)
			return
		}
		t := a.table(header...)
		for _, item := range items {
			t.AppendRow(row(item))
		}
		t.Render()
	})
}

// table begins a table without lines, as wide as its content.
func (a *app) table(header ...any) table.Writer {
	t := table.NewWriter()
	t.SetOutputMirror(a.out)
	style := table.StyleDefault
	style.Options = table.OptionsNoBordersAndSeparators
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	style.Format.Header = text.FormatUpper
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

// terminal tells whether a person sits at this end.
func terminal(end any) bool {
	f, ok := end.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
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
