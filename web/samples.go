package web

import (
	"html/template"
	"net/http"
	"time"
)

// samples gives what the named page template may be executed with, from full
// to bare, so that a mistake in it is found before a visitor meets it.
func samples(name string) []any {
	var bodies []any
	switch name {
	case "home":
		bodies = []any{HomeView{Entries: sampleEntries(), Tags: sampleTags(), AllTags: "/tags", Pager: PagerView{1, "", "/?page=2"}, First: true},
			HomeView{Entries: sampleEntries(), Pager: PagerView{3, "/?page=2", "/?page=4"}}, HomeView{}}
	case "tag":
		bodies = []any{TagEntriesView{Tag: sampleTags()[0], Entries: sampleEntries(), Pager: PagerView{2, "/tags/go", ""}, Feeds: sampleFeeds()},
			TagEntriesView{Tag: sampleTags()[0], Feeds: sampleFeeds()}}
	case "post":
		full := sampleEntries()[0]
		bodies = []any{PostView{EntryView: full, HTML: "<p>Words.</p>", Tags: sampleTags(), Updated: full.Published.Add(time.Hour),
			Lead: PictureView{"https://example.org/a.png", "A horn"}, Newer: full, Older: full, Enclosures: []EnclosureView{
				{"https://example.org/a.mp3", "a.mp3", "audio", "1.2 MB"}, {"https://example.org/a.mp4", "a.mp4", "video", ""}, {"https://example.org/a.pdf", "a.pdf", "application", ""}}},
			PostView{EntryView: EntryView{Title: "Bare", Published: full.Published}, HTML: template.HTML("")}}
	case "tags":
		bodies = []any{TagsView{sampleTags()}, TagsView{}}
	case "feeds":
		bodies = []any{FollowView{sampleFeeds(), []TagFeedsView{{sampleTags()[0], sampleFeeds()}}, "/tags"}, FollowView{}}
	case "error":
		bodies = []any{ErrorView{Status: http.StatusNotFound, Words: "Nothing is here."},
			ErrorView{Status: http.StatusInternalServerError, Words: "A fault.", Request: "ABCDEFGH"}}
	case "issue-head", "issue-top", "issue-foot":
		bodies = []any{nil}
	case "mails":
		bodies = []any{MailsView{}, MailsView{[]MailLineView{sampleMail().MailLineView}}}
	case "mail":
		bodies = []any{sampleMail(), MailView{}}
	default:
		bodies = readerSamples(name)
	}
	var pages []any
	for _, site := range sampleSites() {
		for _, body := range bodies {
			pages = append(pages, Page{Site: site, Title: "A title", Summary: "A line.", Canonical: "https://example.org/",
				Image: "https://example.org/a.png", ImageAlt: "A horn", Published: sampleEntries()[0].Published,
				Updated: sampleEntries()[0].Published.Add(time.Hour), Feeds: sampleFeeds(), Body: body},
				Page{Site: site, Private: true, Body: body})
		}
	}
	return pages
}

func sampleSites() []SiteView {
	return []SiteView{
		{Title: "Example News", Description: "What is new.", Language: "en", Direction: "ltr", Own: ` lang="nl" dir="ltr"`, Home: "/", Style: "/style.css",
			Subscribe: "/subscribe", Follow: "/feeds", Tags: "/tags", Icon: "/favicon.svg", OldIcon: "/favicon.ico",
			PostalAddress: "1 Example Street", Often: "every week", Demo: true, Mails: "/mails/"},
		{Title: "Example", Language: "ar", Direction: "rtl", Home: "/", Style: "/style.css"},
	}
}

func sampleEntries() []EntryView {
	return []EntryView{
		{Title: "One", Path: "/posts/one", Language: "en", Direction: "ltr", Excerpt: "It begins.",
			Authors: []string{"Ida", "Ed"}, Published: time.Date(2026, time.May, 4, 9, 0, 0, 0, time.UTC)},
		{Title: "Two", Path: "/posts/two"},
	}
}

func sampleTags() []TagView { return []TagView{{"Go", "/tags/go", 2}} }

func sampleFeeds() []FeedView {
	return []FeedView{{"Example News", "RSS", `type="application/rss+xml"`, "/feed.xml", "https://example.org/feed.xml"}}
}

func sampleMail() MailView {
	return MailView{
		MailLineView: MailLineView{Name: "1", Path: "/mails/1", To: "a@example.org", Subject: "News", Date: time.Unix(0, 0)},
		Header:       []FieldView{{"Subject", "News"}}, Text: "News", HTML: "<p>News</p>",
	}
}
