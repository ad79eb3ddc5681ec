package mailer

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"postrider/post"
)

var update = flag.Bool("update", false, "rewrite the golden files under testdata")

// golden compares got with a file of testdata/compose.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", "compose", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s differs from what was composed; look at it with go test ./mailer -run Golden -update and git diff", path)
	}
}

func TestGolden(t *testing.T) {
	excerpts := weekly(latinPost(), chinesePost(), arabicPost())
	excerpts.Full, excerpts.Subject = false, "{{.Site.Title}}, {{date .Date}}: {{len .Posts}} posts"
	byHand := weekly(latinPost())
	byHand.Digest = ""
	for name, tt := range map[string]struct {
		composer *Composer
		letter   Letter
	}{
		"digest":         {composer(t), weekly(latinPost(), chinesePost(), arabicPost())},
		"digest-excerpt": {composer(t, german), excerpts},
		"post":           {composer(t), byHand},
		"chinese":        {composer(t, chinese), weekly(chinesePost(), latinPost())},
		"arabic":         {composer(t, arabic), weekly(arabicPost(), latinPost())},
	} {
		t.Run(name, func(t *testing.T) {
			c := compose(t, tt.composer, tt.letter)
			text, html := parts(t, c.Mould, person())
			golden(t, name+".eml", c.Mould.AppendTo(nil, person()))
			golden(t, name+".html", []byte(html))
			golden(t, name+".txt", []byte(text))
			golden(t, name+".web.html", []byte(c.HTML))
			golden(t, name+".web.txt", []byte(c.Text))
		})
	}
}

func TestGoldenNotices(t *testing.T) {
	for _, kind := range []NoticeKind{ConfirmNotice, WelcomeNotice, AlreadyNotice} {
		data := NoticeData{Key: "n1", Date: cutDate()}
		if kind == ConfirmNotice {
			data.ConfirmURL = "https://ferry.example.org/confirm/" + person().PreferencesToken
		}
		m, err := composer(t).Notice(kind, data)
		if err != nil {
			t.Fatal(err)
		}
		text, html := parts(t, m, person())
		golden(t, string(kind)+".eml", m.AppendTo(nil, person()))
		golden(t, string(kind)+".html", []byte(html))
		golden(t, string(kind)+".txt", []byte(text))
	}
}

func compose(t testing.TB, c *Composer, l Letter) Composed {
	t.Helper()
	out, err := c.Issue(l)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func parts(t testing.TB, m *Mould, p Personal) (text, html string) {
	t.Helper()
	text, html, err := m.Parts(p)
	if err != nil {
		t.Fatal(err)
	}
	return text, html
}

func articles(n int, a func() post.Article) []post.Article {
	var list []post.Article
	for range n {
		list = append(list, a())
	}
	return list
}
