package figures

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// Print writes the table of figures below a head that says where they were
// measured. With all, axes that nobody measured have their rows, too.
func Print(w io.Writer, m Machine, measured []Figure, all bool) error {
	t := table.NewWriter()
	style := table.StyleDefault
	style.Options = table.OptionsNoBordersAndSeparators
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	style.Format.Header = text.FormatUpper
	t.SetStyle(style)
	t.SuppressTrailingSpaces()
	var columns []table.ColumnConfig
	for _, number := range []int{2, 3, 4, 5, 6} {
		columns = append(columns, table.ColumnConfig{Number: number, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	t.SetColumnConfigs(columns)
	t.AppendHeader(table.Row{"", "must", "goal", "figure", "min–max", "rounds", "", "beside"})
	part := ""
	for _, a := range Axes() {
		i := slices.IndexFunc(measured, func(f Figure) bool { return f.Axis == a.Key })
		if i < 0 && !all {
			continue
		}
		if a.Part != part {
			if part != "" {
				t.AppendRow(table.Row{""})
			}
			part = a.Part
			t.AppendRow(table.Row{strings.ToUpper(part)})
		}
		f := Figure{Lacking: "not measured"}
		if i >= 0 {
			f = measured[i]
		}
		t.AppendRow(a.row(f))
	}
	_, err := fmt.Fprintf(w, "%s\n\n%s\n", m, t.Render())
	return err
}

// row is one line: what is reached, and how far apart the rounds were.
func (a Axis) row(f Figure) table.Row {
	row := table.Row{a.name(f.Size), a.limit(a.Must), a.limit(a.Goal)}
	if len(f.Rounds) == 0 {
		return append(row, "–", "", "", "", f.Lacking)
	}
	value, spread := a.value(f.Rounds), ""
	if low, high := slices.Min(f.Rounds), slices.Max(f.Rounds); len(f.Rounds) > 1 {
		spread = a.number(low, false) + "–" + a.number(high, false)
	}
	return append(row, a.number(value, true), spread, len(f.Rounds), string(a.verdict(value)), f.Beside)
}

func (a Axis) name(size int) string {
	if size == 0 {
		size = a.Size
	}
	if !strings.Contains(a.Name, "%s") {
		return a.Name
	}
	return fmt.Sprintf(a.Name, Thousands(float64(size), 0))
}
