package post

import (
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"
)

// newMarkdown returns the Markdown that posts are written in: CommonMark with
// GitHub's tables, strikethrough, task lists and bare links, footnotes and
// definition lists. Raw HTML passes, so what it makes is not safe until it is
// sanitised.
func newMarkdown() goldmark.Markdown {
	return goldmark.New(
		goldmark.WithExtensions(
			// Alignment as an attribute: the sanitiser lets no style through.
			extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)),
			extension.Strikethrough,
			extension.Linkify,
			extension.TaskList,
			extension.Footnote,
			extension.DefinitionList,
		),
		goldmark.WithRendererOptions(html.WithUnsafe()),
	)
}
