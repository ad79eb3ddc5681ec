package web

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"testing"

	"github.com/chromedp/chromedp"
)

// newBrowser starts a browser.
func newBrowser(t *testing.T) context.Context {
	t.Helper()
	needed(t, func() (string, error) {
		for _, name := range []string{"chromium", "google-chrome"} {
			if path, err := exec.LookPath(name); err == nil {
				return path, nil
			}
		}
		return "", exec.ErrNotFound
	})
	// Root, as whom containers test, has no sandbox.
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox)
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	browser, cancel := chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(browser); err != nil {
		t.Fatal(err)
	}
	return browser
}

// The form in a frame fits into the height that docs/embed.md gives it, in every
// language and on the narrowest telephone, however many topics there are.
func TestFrameFits(t *testing.T) {
	browser := newBrowser(t)
	docs, err := os.ReadFile("../docs/embed.md")
	if err != nil {
		t.Fatal(err)
	}
	given := regexp.MustCompile(`width="100%" height="(\d+)"`).FindSubmatch(docs)
	if given == nil {
		t.Fatal("docs/embed.md has no frame")
	}
	height, _ := strconv.ParseInt(string(given[1]), 10, 64)
	house := newHouse(t, "https://news.example.org")
	for i := range frontTopics + 2 {
		house.post(fmt.Sprintf("2026-03-01-p%d.md", i), fmt.Sprintf("---\ntags: [Topic %d]\n---\nText.", i))
	}
	for _, language := range []string{"ar", "de", "en", "es", "fr", "zh"} {
		site := httptest.NewServer(house.server(language))
		err := chromedp.Do(browser, chromedp.EmulateViewport(320, height), chromedp.Navigate(site.URL+"/subscribe/embed"))
		house.ok(err)
		tall, err := chromedp.Run(browser, chromedp.Evaluate[int64](`document.body.scrollHeight`))
		house.ok(err)
		if tall > height || tall < height/2 {
			t.Errorf("%s: the form is %d pixels high, the frame %d", language, tall, height)
		}
		site.Close()
	}
}
