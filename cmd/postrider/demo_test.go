package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"

	"postrider/mailer"
	"postrider/store"
)

// demoApp is an app whose demo lands in a folder of the test's own.
func demoApp(t *testing.T) (a *app, out, errs *bytes.Buffer) {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	out, errs = new(bytes.Buffer), new(bytes.Buffer)
	now := time.Date(2026, 3, 5, 17, 30, 0, 0, time.UTC)
	a = &app{in: strings.NewReader(""), out: out, err: errs,
		getenv: func(string) string { t.Error("the demo reads the environment"); return "" },
		now:    func() time.Time { return now }}
	return a, out, errs
}

func demoOnce(t *testing.T) demoView {
	t.Helper()
	a, out, errs := demoApp(t)
	if code := a.run(t.Context(), []string{"demo", "--once", "--json"}); code != exitDone || errs.Len() > 0 {
		t.Fatalf("exit %d, stderr %q", code, errs)
	}
	var view demoView
	dec := json.NewDecoder(out)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&view); err != nil || dec.More() {
		t.Fatalf("not one document: %v", err)
	}
	return view
}

func TestDemoOnceTellsWhatItMade(t *testing.T) {
	v := demoOnce(t)
	if !filepath.IsAbs(v.Directory) || !strings.HasPrefix(filepath.Base(v.Directory), "postrider-demo-") {
		t.Errorf("directory %s", v.Directory)
	}
	for _, path := range []string{v.Config, v.Database, v.Outbox, v.Public, v.Feeds.RSS, v.Feeds.Atom, v.Feeds.JSON} {
		if _, err := os.Stat(path); err != nil || !strings.HasPrefix(path, v.Directory+string(filepath.Separator)) {
			t.Errorf("%q: %v", path, err)
		}
	}
	if v.Posts < 7 || v.Subscribers != 4 || v.Mails != 6 || v.URL != "" {
		t.Errorf("made %+v", v)
	}
	if len(v.Issues) != 2 || v.Issues[0].Digest != "" || v.Issues[1].Digest != "weekly" {
		t.Fatalf("issues %+v", v.Issues)
	}
	for _, is := range v.Issues {
		if is.Recipients != 3 || is.Deliveries[mailer.Sent] != 3 {
			t.Errorf("issue %s: %+v", is.Subject, is)
		}
	}
}

func TestDemoFeedsParse(t *testing.T) {
	v := demoOnce(t)
	for _, path := range []string{v.Feeds.RSS, v.Feeds.Atom, v.Feeds.JSON} {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f, err := gofeed.NewParser().ParseString(string(data))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if f.Title != "The Saddlebag" || len(f.Items) != v.Posts {
			t.Errorf("%s: %q with %d items, want %d", path, f.Title, len(f.Items), v.Posts)
		}
		for _, item := range f.Items {
			if item.Content == "" && item.Description == "" || !strings.HasPrefix(item.Link, "http://127.0.0.1:8080/posts/") {
				t.Errorf("%s: item %q at %q", path, item.Title, item.Link)
			}
		}
		for _, text := range []string{"{{.Email}}", "{{data.count}}", "家书", "البريد", "/posts/a-postmark-is-a-receipt/postmark.png"} {
			if !strings.Contains(string(data), text) {
				t.Errorf("%s does not have %s", path, text)
			}
		}
	}
	picture := filepath.Join(v.Public, "posts", "a-postmark-is-a-receipt", "postmark.png")
	if data, err := os.ReadFile(picture); err != nil || http.DetectContentType(data) != "image/png" {
		t.Errorf("the picture of a post: %v", err)
	}
}

func TestDemoMails(t *testing.T) {
	v := demoOnce(t)
	files, err := filepath.Glob(filepath.Join(v.Outbox, "new", "*"))
	if err != nil || len(files) != 6 {
		t.Fatalf("%d mails, %v", len(files), err)
	}
	to := map[string]int{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, reader := range demoReaders() {
			if bytes.Contains(data, []byte("<"+reader.email+">")) {
				to[reader.email]++
			}
		}
	}
	if to["ada@example.org"] != 2 || to["xiaoyu@example.org"] != 2 || to["tomas@example.org"] != 2 || to["piet@example.org"] != 0 {
		t.Errorf("mails by reader: %v", to)
	}
	st, err := store.Open(t.Context(), v.Database, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	byHand, err := st.Post(t.Context(), demoByHand)
	if err != nil {
		t.Fatal(err)
	}
	variants, err := st.Variants(t.Context(), v.Issues[1].ID)
	if err != nil || len(variants) != 2 {
		t.Fatalf("%d variants of the digest, %v", len(variants), err)
	}
	if all, craft := len(variants[0].Publications), len(variants[1].Publications); all != v.Posts-1 || craft == 0 || craft >= all {
		t.Errorf("the digest has %d posts, for one topic %d, of %d", all, craft, v.Posts)
	}
	for _, variant := range variants {
		for _, pub := range variant.Publications {
			if pub.PostID == byHand.ID {
				t.Error("the digest repeats the post that was sent by hand")
			}
		}
	}
}

func TestDemoForPeople(t *testing.T) {
	a, out, errs := demoApp(t)
	if code := a.run(t.Context(), []string{"demo", "--once"}); code != exitDone || errs.Len() > 0 {
		t.Fatalf("exit %d, stderr %q", code, errs)
	}
	for _, text := range []string{"9 posts", "6 mails", "outbox/", "postrider.db", "config.yaml", "postrider digest plan", os.Getenv("TMPDIR")} {
		if !strings.Contains(out.String(), text) {
			t.Errorf("the summary does not say %q:\n%s", text, out)
		}
	}
	if strings.Contains(out.String(), "Look at it") {
		t.Errorf("nothing is served with --once:\n%s", out)
	}
}

// What a machine is set up for must not reach the demo: its mails would go out.
func TestDemoIgnoresTheMachinesSettings(t *testing.T) {
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	t.Setenv("POSTRIDER_MAIL_MAILDIR_PATH", elsewhere)
	t.Setenv("POSTRIDER_DATABASE_URL", filepath.Join(elsewhere, "real.db"))
	t.Setenv("POSTRIDER_SITE_URL", "https://real.example.com")
	v := demoOnce(t)
	if _, err := os.Stat(elsewhere); err == nil {
		t.Error("the demo wrote where the environment pointed")
	}
	if data, err := os.ReadFile(v.Feeds.RSS); err != nil || strings.Contains(string(data), "real.example.com") {
		t.Errorf("the feed names a real site: %v", err)
	}
}

func TestDemoUsage(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"--config", "x.yaml", "--once"}, exitUsage, "leave out --config"},
		{[]string{"--once", "--address", "nonsense"}, exitUsage, "127.0.0.1:8080"},
		{[]string{"--once", "extra"}, exitUsage, "extra"},
		{[]string{"--address", taken.Addr().String()}, exitFailed, "choose another with --address"},
	} {
		a, _, errs := demoApp(t)
		if code := a.run(t.Context(), append([]string{"demo"}, c.args...)); code != c.code || !strings.Contains(errs.String(), c.says) {
			t.Errorf("%q: exit %d, %q; want %d with %q", c.args, code, errs, c.code, c.says)
		}
		if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
			t.Errorf("%q left %v behind, %v", c.args, left, err)
		}
	}
}

func TestDemoInterrupted(t *testing.T) {
	a, _, errs := demoApp(t)
	ctx, interrupt := context.WithCancel(t.Context())
	// The clock is asked all along the way: end it when the site is half made.
	now := a.now
	var asked atomic.Int64
	a.now = func() time.Time {
		if asked.Add(1) == 5 {
			interrupt()
		}
		return now()
	}
	if code := a.run(ctx, []string{"demo", "--once"}); code != exitFailed || !strings.Contains(errs.String(), "interrupted") {
		t.Errorf("exit %d, %q", code, errs)
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("left %v behind, %v", left, err)
	}
}

func TestDemoNeedsAPlace(t *testing.T) {
	a, _, errs := demoApp(t)
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "none"))
	if code := a.run(t.Context(), []string{"demo", "--once"}); code != exitFailed || !strings.Contains(errs.String(), "TMPDIR") {
		t.Errorf("exit %d, %q", code, errs)
	}
}

func TestDemosSideBySide(t *testing.T) {
	a, out, errs := demoApp(t)
	b := *a
	other := new(bytes.Buffer)
	b.out = other
	codes := make(chan int, 2)
	for _, each := range []*app{a, &b} {
		go func() { codes <- each.run(t.Context(), []string{"demo", "--once", "--quiet"}) }()
	}
	if x, y := <-codes, <-codes; x != exitDone || y != exitDone || out.Len()+other.Len()+errs.Len() > 0 {
		t.Errorf("exit %d and %d; %q %q %q", x, y, out, other, errs)
	}
	if made, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(made) != 2 {
		t.Errorf("two demos made %v, %v", made, err)
	}
}

func TestDemoConfigKeepsItsComments(t *testing.T) {
	text, err := demoConfig("http://127.0.0.1:9000")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"url: http://127.0.0.1:9000 ", "address: 127.0.0.1:9000\n", "# Who publishes.", "\n\ndatabase:", "from: The Saddlebag <letters@example.org>\n"} {
		if !strings.Contains(string(text), part) {
			t.Errorf("no %q in\n%s", part, text)
		}
	}
	for _, key := range []string{"site.colour", "site.title.x", "nothing"} {
		if got, err := setYAML(string(text), key, "x"); err == nil {
			t.Errorf("set %s, which is not there:\n%s", key, got)
		}
	}
}
