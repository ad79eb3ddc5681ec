package post

import (
	"strings"
	"testing"
)

func TestText(t *testing.T) {
	wide := strings.Repeat("wide ", 8)
	tests := []struct{ name, source, want string }{
		{"nothing", "", ""},
		{"headings", "# One\n\nx\n\n# 标题\n\n## Two\n\n#### Four", "One\n===\n\nx\n\n标题\n====\n\nTwo\n---\n\n#### Four"},
		{"breaks", "one  \ntwo\nthree", "one\ntwo three"},
		{"Chinese wraps without a space", "春天，\n来了\nagain", "春天，来了 again"},
		{"nested list", "- a\n  - b\n\n    c\n- d", "- a\n  - b\n\n    c\n- d"},
		{"list in quote", "> 9. a\n> 10. b", "> 9. a\n> 10. b"},
		{"code keeps its space", "```\n  a\n\n\tb\n```", "      a\n\n    \tb"},
		{"link label", "[https://a.example](https://a.example) [](https://b.example) <c@d.example>", "<https://a.example> <https://b.example> <mailto:c@d.example>"},
		{"space around links", "a[ b ](https://x.example)c", "a b <https://x.example> c"},
		{"image ends at a space", "![a](x.png).", "[Image: a] https://news.example/blog/posts/a/x.png ."},
		{"table without header", "<table><tr><td>a</td><td>bb</td></tr><tr><td>cc</td></tr></table>", "a   bb\ncc"},
		{"table with caption", "<table><caption>C</caption><tr><th>h</th></tr><tr><td>a</td></tr></table>", "C\n\nh\n-\na"},
		{"wide table", "| A | |\n|---|---|\n| " + wide + "| " + wide + " |", "- A: " + strings.TrimSpace(wide) + "\n  " + strings.TrimSpace(wide)},
		{"wide table with a linked head", "| [A](https://a.example) | B |\n|---|---|\n| " + wide + "| " + wide + " |",
			"A <https://a.example> | B\n" + strings.TrimSpace(wide) + " | " + strings.TrimSpace(wide)},
		{"marks", "<q>a</q> x<sup>2</sup> <s>b</s> <ruby>漢<rt>kan</rt></ruby> <q></q>.", "“a” x^2 ~~b~~ 漢(kan) ."},
		{"unfinished HTML", "<div><p>a <b>b\n\nc", "a b\n\nc"},
		{"braces", "{{data.count}} {{ .Email }} `{{x}}` {% raw %}", "{{data.count}} {{ .Email }} `{{x}}` {% raw %}"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, err := testRenderer(t).Article(Post{Slug: "a", Content: Content{Format: Markdown, Body: tt.source}})
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.TrimSuffix(a.Text, "\n"); got != tt.want {
				t.Errorf("got\n%q\nwant\n%q", got, tt.want)
			}
			checkSafe(t, a)
			checkLinks(t, a)
		})
	}
}
