package main

import (
	"context"
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"

	"postrider/feed"
	"postrider/mailer"
	"postrider/newsletter"
)

// demoByHand is the post that goes out by itself, before the digest.
const demoByHand = "the-rider-is-not-the-letter"

// demoReaders is the list: one who wants everything, one who reads in another
// script, one who chose a topic, and one who never confirmed.
func demoReaders() []struct {
	email string
	choices
	vouching
} {
	yes := vouching{confirmed: true, consent: "Ticked “Send me The Saddlebag” on the card at the counter."}
	weekly := string(newsletter.Weekly)
	return []struct {
		email string
		choices
		vouching
	}{
		{"ada@example.org", choices{name: "Ada Whitcomb", cadence: weekly}, yes},
		{"xiaoyu@example.org", choices{name: "林晓雨", cadence: weekly}, yes},
		{"tomas@example.org", choices{name: "Tomás Okafor", cadence: weekly, topics: []string{"craft"}}, yes},
		{"piet@example.org", choices{name: "Piet van Dijk", cadence: weekly}, vouching{}},
	}
}

// demoView is what a demo made, as --json shows it. Paths are absolute.
type demoView struct {
	Directory   string      `json:"directory"`
	Config      string      `json:"config"`
	Database    string      `json:"database"`
	Outbox      string      `json:"outbox"`
	Public      string      `json:"public"`
	Feeds       demoFeeds   `json:"feeds"`
	Posts       int         `json:"posts"`
	FeedFiles   int         `json:"feed_files"`
	Subscribers int         `json:"subscribers"`
	Mails       int64       `json:"mails"`
	Issues      []issueView `json:"issues"`        // in the order in which they went out
	URL         string      `json:"url,omitempty"` // where it is served
}

type demoFeeds struct {
	RSS  string `json:"rss"`
	Atom string `json:"atom"`
	JSON string `json:"json"`
}

// tour does what an author does in a week: store posts, take in readers, render
// feeds, mail one post, and send the digest.
func (d *demoSite) tour(ctx context.Context) (demoView, error) {
	if err := d.sync(ctx, d.path("posts"), false); err != nil {
		return demoView{}, err
	}
	for _, r := range demoReaders() {
		if err := d.addSubscriber(ctx, r.email, r.choices, r.vouching, false); err != nil {
			return demoView{}, err
		}
	}
	channels, err := d.channels(ctx)
	if err != nil {
		return demoView{}, err
	}
	report, err := d.writeFeeds(ctx, d.path("public"), channels)
	if err != nil {
		return demoView{}, err
	}
	if err := d.mail(ctx); err != nil {
		return demoView{}, err
	}
	posts, err := d.store.FeedPosts(ctx, nil, 0)
	if err != nil {
		return demoView{}, err
	}
	view := demoView{
		Directory: d.dir, Config: d.cfg.File, Database: d.cfg.DatabasePath(),
		Outbox: d.cfg.Path(d.cfg.Mail.Maildir.Path), Public: d.path("public"),
		Feeds: demoFeeds{d.feedPath(feed.RSS), d.feedPath(feed.Atom), d.feedPath(feed.JSON)},
		Posts: len(posts), FeedFiles: len(report.Written), Subscribers: len(demoReaders()),
	}
	return view, d.countMails(ctx, &view)
}

func (d *demoSite) feedPath(f feed.Format) string { return d.path("public", feed.Path("", f)) }

// mail sends one post by hand and then the digest, which leaves it out.
func (d *demoSite) mail(ctx context.Context) error {
	p, err := d.store.Post(ctx, demoByHand)
	if err != nil {
		return err
	}
	if err := d.sendPost(ctx, p, false, sending{yes: true}); err != nil {
		return err
	}
	weekly, err := d.digest(nil)
	if err != nil {
		return err
	}
	return d.sendDigest(ctx, weekly, sending{yes: true})
}

func (d *demoSite) countMails(ctx context.Context, view *demoView) error {
	issues, err := d.store.Issues(ctx, 0)
	if err != nil {
		return err
	}
	views, err := d.viewIssues(ctx, issues)
	if err != nil {
		return err
	}
	view.Issues = []issueView{}
	for i := len(views) - 1; i >= 0; i-- { // the store has the newest first
		view.Issues = append(view.Issues, views[i])
		view.Mails += views[i].Deliveries[mailer.Sent]
	}
	return nil
}

// printDemo says what was made, where, and what to try with it.
func (a *app) printDemo(v demoView) {
	fmt.Fprintf(a.out, "Postrider made a small site and mailed it round.\n\n  %s\n\n", v.Directory)
	t := a.table()
	line := func(what, where, words string) { t.AppendRow(table.Row{"  " + what, where, words}) }
	line(count(v.Posts, "post"), "posts/", "Markdown files: edit one and sync again")
	line(count(v.FeedFiles, "feed"), "public/", "feed.xml, atom.xml and feed.json, and three for each tag")
	line(count(v.Subscribers, "reader"), "postrider.db", "one chose a topic; one never confirmed and gets nothing")
	line(count(v.Mails, "mail"), "outbox/", "a Maildir: no mail left this machine")
	for _, is := range v.Issues {
		kind := "the post"
		if is.Digest != "" {
			kind = "then the " + is.Digest + " digest without it"
		}
		line("", "", fmt.Sprintf("%d × %s, “%s”", is.Deliveries[mailer.Sent], kind, is.Subject))
	}
	line("settings", "config.yaml", "every setting, explained")
	t.Render()
	if v.URL != "" {
		fmt.Fprintf(a.out, "\nLook at it:  %s   (Ctrl-C ends it)\n", v.URL)
	}
	fmt.Fprintf(a.out, `
Try next:
  cd %s
  postrider subscriber list            the list, and who may be mailed
  postrider issue list                 what was sent; issue deliveries ID says to whom
  postrider digest plan                who would get what now, and who is left out
  postrider feed check                 the feeds, as readers see them
  mutt -f outbox                       the mails, in a mail program

Begin a site of your own with `+"`postrider init`.\n", v.Directory)
}
