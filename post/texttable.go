package post

import (
	"slices"
	"strings"

	"github.com/rivo/uniseg"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// widestTable is the most columns of a table that is aligned; a wider one is
// written row by row, because mail wraps it out of shape.
const widestTable = 72

// grid is a table as text.
type grid struct {
	rows    [][]string
	header  bool     // the first row names the columns
	linked  bool     // the first row has links, which must be written once
	align   []string // of each column: "right", "center" or ""
	caption []block
}

// table renders a table: its columns aligned by their width on a screen if that
// fits, or else row by row.
func (t plain) table(n *html.Node) []block {
	var g grid
	t.gather(&g, n)
	out := g.caption
	widths := g.widths()
	total := 2 * (len(widths) - 1)
	for _, w := range widths {
		total += w
	}
	switch {
	case len(g.rows) == 0:
	case total <= widestTable:
		out = append(out, g.aligned(widths))
	case g.header && !g.linked && len(g.rows) > 1:
		out = append(out, g.records())
	default:
		out = append(out, g.lines())
	}
	return out
}

// gather reads the rows of a table in the order they stand in.
func (t plain) gather(g *grid, n *html.Node) {
	for c := range n.ChildNodes() {
		switch c.DataAtom {
		case atom.Thead, atom.Tbody, atom.Tfoot:
			t.gather(g, c)
		case atom.Caption:
			g.caption = append(g.caption, t.blocks(c)...)
		case atom.Tr:
			t.row(g, c)
		}
	}
}

func (t plain) row(g *grid, tr *html.Node) {
	var row []string
	first, headed := len(g.rows) == 0, true
	for c := range tr.ChildNodes() {
		if c.DataAtom != atom.Td && c.DataAtom != atom.Th {
			continue
		}
		row = append(row, strings.Join(join(t.blocks(c), true), " "))
		if first {
			headed = headed && c.DataAtom == atom.Th
			g.align = append(g.align, attr(c, "align"))
			g.linked = g.linked || linked(c)
		}
	}
	if len(row) == 0 {
		return
	}
	if first {
		g.header = headed
	}
	g.rows = append(g.rows, row)
}

// linked tells whether n has a link or an image.
func linked(n *html.Node) bool {
	for c := range n.Descendants() {
		if attr(c, "href") != "" || attr(c, "src") != "" {
			return true
		}
	}
	return false
}

// widths are the columns each column of g takes on a screen.
func (g grid) widths() []int {
	var widths []int
	for _, row := range g.rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], uniseg.StringWidth(cell))
		}
	}
	return widths
}

func (g grid) aligned(widths []int) block {
	var out block
	for i, row := range g.rows {
		var line strings.Builder
		for j, cell := range row {
			if j > 0 {
				line.WriteString("  ")
			}
			left, right := g.pad(j, widths[j]-uniseg.StringWidth(cell))
			line.WriteString(strings.Repeat(" ", left) + cell + strings.Repeat(" ", right))
		}
		out = append(out, strings.TrimRight(line.String(), " "))
		if i == 0 && g.header {
			out = append(out, rule(widths))
		}
	}
	return out
}

// pad shares out the free columns of a cell by the alignment of its column.
func (g grid) pad(column, free int) (left, right int) {
	if column < len(g.align) {
		switch g.align[column] {
		case "right":
			return free, 0
		case "center":
			return free / 2, free - free/2
		}
	}
	return 0, free
}

// rule is the line below the names of the columns.
func rule(widths []int) string {
	parts := make([]string, len(widths))
	for i, w := range widths {
		parts[i] = strings.Repeat("-", w)
	}
	return strings.Join(parts, "  ")
}

// records writes each row as an item with a line for each cell.
func (g grid) records() block {
	names := g.rows[0]
	var out block
	for _, row := range g.rows[1:] {
		var lines block
		for i, cell := range row {
			if i < len(names) && names[i] != "" {
				cell = names[i] + ": " + cell
			}
			lines = append(lines, cell)
		}
		out = append(out, hang(lines, "- ", "  ")...)
	}
	return out
}

// lines writes each row as one line.
func (g grid) lines() block {
	var out block
	for _, row := range g.rows {
		row = slices.DeleteFunc(slices.Clone(row), func(cell string) bool { return cell == "" })
		out = append(out, strings.Join(row, " | "))
	}
	return out
}
