package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html/atom"

	xhtml "golang.org/x/net/html"
)

// breakout closes whatever it may stand in and begins to run.
const breakout = `"'><script>alert(1)</script><img src=x onerror=alert(1)><svg onload=alert(1)>{{.}}--></title></style>`

// TestPagesRunNothing puts what is hostile wherever a post can put words and reads
// every page that shows it as a browser would.
func TestPagesRunNothing(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	house.file("posts/evil.svg", `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>`)
	quoted := strings.ReplaceAll(breakout, `'`, `''`)
	fields := fmt.Sprintf("title: 'T %[1]s'\nsummary: 'S %[1]s'\ntags: ['G %[1]s']\nauthor: 'A %[1]s'\nimage: {src: 'evil.svg?%[1]s', alt: 'I %[1]s'}\n"+
		"canonical: 'https://a.example/%[1]s'\nenclosures: [{url: 'javascript:alert(1)'}, {url: 'a.mp3?%[1]s', type: 'audio/%[1]s'}]\n", quoted)
	bodies := []string{
		breakout, "![" + breakout + "](evil.svg \"" + breakout + "\")", "[x](javascript:alert(1)) [x](<java\tscript:alert(1)>) [x](&#106;avascript:alert(1)) [x](data:text/html,<script>alert(1)</script>) [x](vbscript:x)",
		`<svg><script>alert(1)</script><a href="javascript:alert(1)">x</a></svg><math><mi xlink:href="javascript:x">x</mi></math>`,
		`<p style="background:url(javascript:alert(1))" onclick="alert(1)" class="masthead" id="x">x</p><style>*{color:red}</style><link rel=stylesheet href=//evil.example/x.css>`,
		`<form action="https://evil.example"><input name=email><button formaction="javascript:alert(1)">x</button></form><iframe srcdoc="<script>alert(1)</script>"></iframe>`,
		`<base href="https://evil.example/"><meta http-equiv=refresh content="0;url=https://evil.example"><object data=x></object><embed src=x><noscript><p title="</noscript><script>alert(1)</script>">`,
		`<a href="https://a.example" target=_blank ping="https://evil.example">x</a><template><script>alert(1)</script></template><table><tr><td background="javascript:alert(1)">x`,
		"<pre onfocus=alert(1) autofocus tabindex=1>x</pre><details open ontoggle=alert(1)>x</details><video src=x onerror=alert(1) poster=javascript:alert(1)></video>",
	}
	for i, body := range bodies {
		house.post(fmt.Sprintf("p%d.md", i), "---\n"+fields+"---\n"+body)
		house.post(fmt.Sprintf("h%d.html", i), "---\n"+fields+"---\n"+body)
	}
	h := house.server("en", func(c *Config, _ *Parts) {
		c.Site.Title, c.Site.Description, c.PostalAddress, c.PerPage = "N "+breakout, "D "+breakout, "P "+breakout, 100
	})
	targets := []string{"/", "/tags", "/feeds", "/nowhere", "/tags/" + url.PathEscape(breakout), "/posts/" + url.PathEscape(breakout)}
	for i := range bodies {
		targets = append(targets, fmt.Sprintf("/posts/p%d", i), fmt.Sprintf("/posts/h%d", i))
	}
	front := get(t, h, "/").Body.String()
	for _, words := range []string{"N ", "D ", "P ", "T ", "S ", "G ", "A "} {
		if !strings.Contains(front, words+"&#34;&#39;&gt;&lt;script&gt;") {
			t.Errorf("the front does not show %s at all, so this proves nothing", words)
		}
	}
	if tag := strings.Index(front, `href="/tags/`); tag < 0 {
		t.Error("the tag is on no page")
	} else {
		address, _, _ := strings.Cut(front[tag+len(`href="`):], `"`)
		targets = append(targets, address)
	}
	for _, target := range targets {
		w := get(t, h, target)
		if w.Code >= 500 {
			t.Errorf("%s: %d", target, w.Code)
		}
		checkHeaders(t, w)
		checkMarkup(t, target, w.Body.String())
	}
	svg := get(t, h, "/posts/p1/evil.svg")
	if policy := svg.Header().Get("Content-Security-Policy"); svg.Code != http.StatusOK || !strings.HasPrefix(policy, "sandbox ") || strings.Contains(policy, "allow-scripts") {
		t.Errorf("the picture: %d, %q", svg.Code, policy)
	}
}

// checkMarkup fails for anything in a page that could run, load or ask.
func checkMarkup(t *testing.T, target, page string) {
	t.Helper()
	root, err := xhtml.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatalf("%s: %v", target, err)
	}
	for n := range root.Descendants() {
		if n.Type != xhtml.ElementNode {
			continue
		}
		switch n.DataAtom {
		case atom.Script, atom.Style, atom.Iframe, atom.Object, atom.Embed, atom.Form, atom.Input, atom.Button, atom.Base, atom.Svg, atom.Math, atom.Template:
			t.Errorf("%s: has the element %s", target, n.Data)
		}
		for _, a := range n.Attr {
			_, refresh := strings.CutPrefix(a.Key, "http-equiv")
			switch {
			case strings.HasPrefix(a.Key, "on"), a.Key == "style", a.Key == "srcdoc", a.Key == "ping", a.Key == "formaction", a.Key == "autofocus", refresh:
				t.Errorf("%s: %s has the attribute %s=%q", target, n.Data, a.Key, a.Val)
			case a.Key == "href" || a.Key == "src" || a.Key == "poster":
				if u, err := url.Parse(a.Val); err != nil || u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https" {
					t.Errorf("%s: %s leads to %q", target, n.Data, a.Val)
				}
			}
			if n.DataAtom == atom.Link && a.Key == "href" && strings.Contains(a.Val, "evil.example") {
				t.Errorf("%s loads %q", target, a.Val)
			}
		}
	}
}

// TestStrangeRequests asks in ways that no browser does: some page comes, of no
// fault of ours, and it names no host but the site's.
func TestStrangeRequests(t *testing.T) {
	house := newArchive(t, "https://news.example.org")
	h := house.server("en", func(_ *Config, p *Parts) { p.Static = house.dir })
	long := strings.Repeat("x", 10<<10)
	paths := []string{
		"/posts/%00", "/posts/horn%00.png", "/posts/horn/%00", "/tags/%00", "/%00", "/posts/%c0%af", "/posts/horn/%c0%ae%c0%ae/x.png", "/%ff%fe", "/tags/%ed%a0%80",
		"/..", "/../../etc/passwd", "/posts/../../../etc/passwd", "/posts/horn/../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/posts/..%2f..%2fetc%2fpasswd", "/..%5c..%5cetc%5cpasswd",
		"//other.example/", "//other.example/..", "/%5cother.example/..//", "/posts/%2f%2fother.example/../", "///", "/posts//horn", "/posts/horn/", "/.", "/posts/.", "/*", "/tags/.", "/tags/..%2f", "/issues/%00", "/issues/..%2f", "/mails/..%2f",
		"/" + long, "/posts/" + long, "/posts/horn/" + long + ".png", "/tags/" + long, "/issues/" + long, "/" + strings.Repeat("a/", 5<<10), "/?page=" + long, "/?" + long, "/?page=-1", "/?page=9223372036854775808", "/?page=1e3", "/?page=٣", "/?page=%00",
		"/?page=1;page=2", "/sitemap.xml?page=0", "/sitemap.xml?page=2", "/style.css?v=%00",
	}
	for _, path := range paths {
		for _, host := range []string{"news.example.org", "evil.example", "", "[::1]:99999", "a\"><script>", strings.Repeat("h", 300)} {
			r := httptest.NewRequest(http.MethodGet, "http://news.example.org/", nil)
			u, err := url.ParseRequestURI(path)
			if err != nil {
				t.Fatal(err)
			}
			r.URL, r.Host, r.RequestURI = u, host, path
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			switch {
			case w.Code >= 500:
				t.Errorf("%.60s at %.20q: %d", path, host, w.Code)
			case strings.Contains(w.Body.String(), "evil.example") || !staysHere(w.Header().Get("Location")):
				t.Errorf("%.60s at %.20q names a host of the visitor's: %d %v", path, host, w.Code, w.Header())
			case strings.Contains(w.Body.String(), "root:"):
				t.Errorf("%.60s shows a file", path)
			}
		}
	}
}

// staysHere tells whether a browser that goes where Location says stays at the site.
func staysHere(location string) bool {
	u, err := url.Parse(location)
	return err == nil && u.Scheme == "" && u.Host == "" && !strings.HasPrefix(strings.ReplaceAll(location, `\`, "/"), "//")
}
