package web

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"postrider/newsletter"
)

// TestBrowser is what a reader does, in a real browser: subscribe, confirm from the
// mail, change what they get, leave. axe must find nothing on any page. Pictures
// of the pages stay with `go test ./web -run Browser -artifacts -outputdir DIR`.
func TestBrowser(t *testing.T) {
	axe := needed(t, axeScript)
	browser := newBrowser(t)
	for _, l := range looks() {
		t.Run(l.String(), func(t *testing.T) {
			v := newVisit(t, browser, l, axe)
			v.subscribe()
			v.confirm()
			v.prefer()
			v.leave()
		})
	}
}

// link finds in the one mail that is new the address that begins so.
func (v *visit) link(path string) string {
	v.t.Helper()
	mails := v.deliver()
	if len(mails) != 1 {
		v.t.Fatalf("%d mails are new: %+v", len(mails), mails)
	}
	found := regexp.MustCompile(regexp.QuoteMeta(v.server.URL+path) + `\S+`).FindString(strings.ReplaceAll(mails[0].Text, "=\n", ""))
	if found == "" {
		v.t.Fatalf("no %s in the mail:\n%s", path, mails[0].Text)
	}
	return found
}

func (v *visit) who() newsletter.Subscriber {
	v.t.Helper()
	sub, err := v.store.Subscriber(v.t.Context(), "ada@example.org")
	v.ok(err)
	return sub
}

func (v *visit) subscribe() {
	v.open("home", v.server.URL+"/")
	v.open("frame", v.server.URL+"/subscribe/embed")
	v.open("subscribe", v.server.URL+"/subscribe")
	v.ok(chromedp.Do(v.ctx, chromedp.SendKeys("#email", "ada@@example.org"), chromedp.Click(`[name=cadence][value=daily]`)))
	v.press("mistyped", `main button`)
	v.ok(chromedp.Do(v.ctx, chromedp.Clear("#email"), chromedp.SendKeys("#email", "ada@example.org"), chromedp.SendKeys("#name", "Ada")))
	v.press("sent", `main button`)
	if sub := v.who(); sub.State != newsletter.Pending || sub.Cadence != newsletter.Daily {
		v.t.Fatalf("subscribed: %+v", sub)
	}
}

func (v *visit) confirm() {
	v.open("confirm", v.link("/confirm/"))
	v.press("confirmed", `main button`)
	if sub := v.who(); sub.State != newsletter.Active {
		v.t.Fatalf("confirmed: %+v", sub)
	}
}

func (v *visit) prefer() {
	v.open("preferences", v.link("/preferences/"))
	v.ok(chromedp.Do(v.ctx, chromedp.Click(`[name=cadence][value=weekly]`), chromedp.Click(`[name=topic][value=history]`)))
	v.press("saved", `[name=do][value=save]`)
	v.press("paused", `[name=do][value=pause]`)
	v.press("resumed", `[name=do][value=resume]`)
	if sub := v.who(); sub.Cadence != newsletter.Weekly || !slices.Equal(sub.Topics, []string{"history"}) || !sub.PausedUntil.IsZero() {
		v.t.Errorf("preferred: %+v", sub)
	}
	v.press("erase", `a[href$="/erase"]`)
	v.press("preferences-again", `main p:last-child a`)
}

func (v *visit) leave() {
	v.press("unsubscribe", `a[href*="/unsubscribe/"]`)
	v.press("left", `[name=do][value=leave]`)
	if sub := v.who(); sub.State != newsletter.Unsubscribed {
		v.t.Errorf("left: %+v", sub)
	}
	v.ok(chromedp.Do(v.ctx, chromedp.Click(`[name=reason][value=other]`), chromedp.SendKeys("#words", "So long.")))
	v.press("told", `[name=do][value=explain]`)
	v.open("broken", v.server.URL+"/unsubscribe/nothing")
}
