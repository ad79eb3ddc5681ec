package feed

import (
	"encoding/xml"
	"html"
	"testing"
)

// Whether it is written as XML alone or as HTML in XML, a reader that takes it for
// HTML shows the text; and what a browser shows is the text where that can be.
func TestSummaryAsHTML(t *testing.T) {
	for text, shown := range map[string]string{
		`Salt & vinegar, AT&T, "5 > 4"`: `Salt & vinegar, AT&T, "5 > 4"`,
		`A <b> stands for bold`:         `A &lt;b&gt; stands for bold`,
		`Write &amp; for &`:             `Write &amp;amp; for &amp;`,
		`Without its end: &copy it`:     `Without its end: &amp;copy it`,
	} {
		var once string
		if err := xml.Unmarshal([]byte("<d>"+asHTML(text)+"</d>"), &once); err != nil {
			t.Fatal(err)
		}
		if once != shown || html.UnescapeString(once) != text {
			t.Errorf("%q is shown as %q, as HTML %q", text, once, html.UnescapeString(once))
		}
	}
}
