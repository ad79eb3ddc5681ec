package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// look is how somebody looks at the site.
type look struct {
	width, height int64
	scheme        string // light or dark
	scripts       bool
	language      string
}

func (l look) String() string {
	scripts := map[bool]string{true: "scripts", false: "no-scripts"}[l.scripts]
	return fmt.Sprintf("%s-%d-%s-%s", l.language, l.width, l.scheme, scripts)
}

func looks() []look {
	list := []look{{390, 844, "light", true, "ar"}, {1280, 900, "dark", true, "de"}, {390, 844, "dark", true, "zh"}}
	for _, scripts := range []bool{true, false} {
		for _, scheme := range []string{"light", "dark"} {
			list = append(list, look{390, 844, scheme, scripts, "en"}, look{1280, 900, scheme, scripts, "en"})
		}
	}
	return list
}

// needed gives what a test cannot do without. Where nothing may be skipped, it is
// an error not to have it.
func needed(t *testing.T, find func() (string, error)) string {
	t.Helper()
	found, err := find()
	switch {
	case err == nil:
	case os.Getenv("CI") == "true":
		t.Fatalf("scripts/test-tools has not done its work: %v", err)
	default:
		t.Skipf("run scripts/test-tools first: %v", err)
	}
	return found
}

func axeScript() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	script, err := os.ReadFile(filepath.Join(cache, "postrider-tests", "node_modules", "axe-core", "axe.min.js"))
	return string(script), err
}

// visit is one reader at one screen.
type visit struct {
	*house
	ctx    context.Context
	look   look
	axe    string
	server *httptest.Server
	pages  int
}

func newVisit(t *testing.T, browser context.Context, l look, axe string) *visit {
	server := httptest.NewUnstartedServer(nil)
	v := &visit{house: newHouse(t, "http://"+server.Listener.Addr().String()), look: l, axe: axe, server: server}
	v.post("2026-03-01-first.md", "---\ntags: [History, 'C#', 中文]\n---\nThe first.")
	var asked atomic.Int64 // the server's clock: two seconds each time it is looked at
	begin := v.now
	server.Config.Handler = v.house.server(l.language, func(c *Config, p *Parts) {
		c.SignUps.Welcome = true
		p.Now = func() time.Time { return begin.Add(time.Duration(asked.Add(1)) * 2 * time.Second) }
	})
	server.Start()
	t.Cleanup(server.Close)
	v.now = begin.AddDate(0, 0, 1) // when mail is sent: later than all that is asked for

	tab, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	v.ok(chromedp.Do(tab))
	v.ctx, cancel = context.WithTimeout(tab, 2*time.Minute)
	t.Cleanup(cancel)
	screen := []chromedp.EmulateViewportOption{}
	if l.width < 600 {
		screen = append(screen, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	v.ok(chromedp.Do(v.ctx, chromedp.EmulateViewport(l.width, l.height, screen...)))
	_, err := chromedp.Call(v.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: l.scheme}}})
	v.ok(err)
	v.allowScripts(l.scripts)
	return v
}

func (v *visit) allowScripts(allow bool) {
	v.t.Helper()
	_, err := chromedp.Call(v.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !allow})
	v.ok(err)
}

// open goes to an address of the site, and press to where a button or link leads.
func (v *visit) open(name, target string) {
	v.t.Helper()
	v.ok(chromedp.Do(v.ctx, chromedp.Navigate(target)))
	v.inspect(name)
}

func (v *visit) press(name, button string) {
	v.t.Helper()
	response, err := chromedp.RunResponse(v.ctx, chromedp.Click(button))
	v.ok(err)
	if response.Status >= 500 {
		v.t.Errorf("%s: %d", name, response.Status)
	}
	v.inspect(name)
}

// inspect looks at a page and keeps a picture of it.
func (v *visit) inspect(name string) {
	v.t.Helper()
	picture, err := chromedp.Run(v.ctx, chromedp.FullScreenshot(100))
	v.ok(err)
	v.pages++
	v.ok(os.WriteFile(filepath.Join(v.t.ArtifactDir(), fmt.Sprintf("%02d-%s.png", v.pages, name)), picture, 0o644))

	v.fits(name)
	if v.look.scripts { // axe is one itself
		v.judge(name)
	}
}

// judge lets axe look for what keeps people out of a page.
func (v *visit) judge(name string) {
	v.t.Helper()
	_, err := chromedp.Run(v.ctx, chromedp.Evaluate[chromedp.Void](v.axe))
	v.ok(err)
	judged, err := chromedp.Run(v.ctx, chromedp.Evaluate[string](`axe.run().then(r => JSON.stringify({held: r.passes.length,
		broken: r.violations.map(v => v.id + ": " + v.help + ": " + v.nodes.map(n => n.html).join(" "))}))`, chromedp.EvalAwaitPromise))
	v.ok(err)
	var rules struct {
		Held   int
		Broken []string
	}
	v.ok(json.Unmarshal([]byte(judged), &rules))
	for _, rule := range rules.Broken {
		v.t.Errorf("%s: %s", name, rule)
	}
	if rules.Held < 10 {
		v.t.Errorf("%s: axe looked at %d rules only", name, rules.Held)
	}
}

// fits fails for what reaches over the edges of the screen.
func (v *visit) fits(name string) {
	v.t.Helper()
	over, err := chromedp.Run(v.ctx, chromedp.Evaluate[[]string](`[...document.body.querySelectorAll("*:not(.skip, .trap, .trap *, .unseen)")].filter(e => {
		const r = e.getBoundingClientRect();
		return r.width && (r.left < -1 || r.right > innerWidth + 1);
	}).map(e => e.outerHTML.slice(0, 80))`))
	v.ok(err)
	wide, err := chromedp.Run(v.ctx, chromedp.Evaluate[int64](`document.documentElement.scrollWidth`))
	v.ok(err)
	if wide > v.look.width || len(over) > 0 {
		v.t.Errorf("%s: is %d wide on a screen of %d: %q", name, wide, v.look.width, over)
	}
}
