package web

import (
	"fmt"
	stdhtml "html"
	"slices"
	"strings"
	"testing"

	"postrider/newsletter"
	"postrider/store"
)

func TestTopicChoices(t *testing.T) {
	var tags []store.TagCount
	for i := range mostTopics + 5 {
		tags = append(tags, store.TagCount{Tag: fmt.Sprint(i), Label: fmt.Sprint(i)})
	}
	for _, c := range []struct {
		tags         int
		chosen       []string
		front        int
		shown, more  int
		offered      int
		last, lastOf string
	}{
		{frontTopics, nil, frontTopics, frontTopics, 0, 0, "11", ""},
		{frontTopics + 1, nil, frontTopics, frontTopics, 1, 0, "11", "12"},
		{frontTopics + 2, []string{"13"}, frontTopics, frontTopics + 1, 1, 0, "13", "12"},
		{mostTopics + 5, []string{"204"}, frontTopics, frontTopics + 1, mostTopics - frontTopics, mostTopics, "204", "199"},
		{3, []string{"1"}, 0, 1, 2, 0, "1", "2"},
	} {
		v := topicChoices(tags[:c.tags], c.chosen, c.front)
		if len(v.Topics) != c.shown || len(v.MoreTopics) != c.more || v.Offered != c.offered || v.Topics[c.shown-1].Value != c.last ||
			c.more > 0 && v.MoreTopics[c.more-1].Value != c.lastOf {
			t.Errorf("%d tags, %q chosen: %+v", c.tags, c.chosen, v)
		}
	}
}

// A topic that few posts have can be chosen too, without a script.
func TestEveryTopicCanBeChosen(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	for i := range frontTopics + 1 {
		house.post(fmt.Sprintf("2026-03-01-p%d.md", i), fmt.Sprintf("---\ntags: [Often, Topic %d]\n---\nText.", i))
	}
	h := house.server("en")
	for _, target := range []string{"/subscribe", "/subscribe/embed"} {
		body := get(t, h, target).Body.String()
		if n := strings.Count(body, `name="topic"`); n != frontTopics+2 || !strings.Contains(body, "<details>") {
			t.Errorf("%s offers %d topics of %d:\n%s", target, n, frontTopics+2, body)
		}
	}
}

// Where there is one cadence, pages and consent say which; nobody can choose.
func TestOnlyCadence(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	house.post("2026-03-01-first.md", "The first.")
	for language, words := range map[string][3]string{
		"en": {"by mail, every week.", "by mail, every week, or by feed", "mail from Example News, every week."},
		"de": {"per E-Mail, jede Woche.", "per E-Mail, jede Woche, oder per Feed", "von Example News bekommen, jede Woche."},
		"zh": {"每周寄到", "每周寄到", "Example News 的邮件（每周）"},
	} {
		one := house.server(language, func(c *Config, _ *Parts) { c.Digests = c.Digests[:1] })
		several := house.server(language)
		for i, target := range []string{"/", "/posts/first", "/subscribe"} {
			if body := stdhtml.UnescapeString(get(t, one, target).Body.String()); !strings.Contains(body, words[i]) {
				t.Errorf("%s %s lacks %q:\n%s", language, target, words[i], body)
			}
			if body := stdhtml.UnescapeString(get(t, several, target).Body.String()); strings.Contains(body, words[i]) {
				t.Errorf("%s %s has %q where readers can choose", language, target, words[i])
			}
		}
		email := language + "@example.org"
		submit(t, one, "/subscribe", "email", email)
		sub, err := house.store.Subscriber(t.Context(), newsletter.Address(email))
		house.ok(err)
		consents, err := house.store.Consents(t.Context(), sub.ID)
		house.ok(err)
		if len(consents) != 1 || !strings.Contains(consents[0].Text, words[2]) {
			t.Errorf("%s: agreed to %+v", language, consents)
		}
	}
}

// A reader whose cadence has no digest any more keeps it when they change something
// else, and may leave it.
func TestCadenceThatIsNoMore(t *testing.T) {
	house := newHouse(t, "https://news.example.org")
	sub := house.reader("ada@example.org", newsletter.Active)
	h := house.server("en", func(c *Config, _ *Parts) {
		c.Digests = slices.DeleteFunc(slices.Clone(c.Digests), func(d newsletter.Digest) bool { return d.Cadence == newsletter.Weekly })
	})
	link := "/preferences/" + house.token(newsletter.Preferences, sub.ID)
	page := get(t, h, link).Body.String()
	if !strings.Contains(page, `value="weekly" checked`) || !strings.Contains(page, `value="daily">`) {
		t.Fatalf("the page does not show the reader's cadence:\n%s", page)
	}
	if strings.Contains(get(t, h, "/subscribe").Body.String(), "weekly") {
		t.Error("new readers are offered it")
	}
	submit(t, h, link, "do", "save", "name", "Countess", "cadence", "weekly")
	if got := house.byID(sub.ID); got.Name != "Countess" || got.Cadence != newsletter.Weekly {
		t.Errorf("%+v", got)
	}
	submit(t, h, link, "do", "save", "name", "Countess", "cadence", "daily")
	if got := house.byID(sub.ID); got.Cadence != newsletter.Daily {
		t.Errorf("%+v", got)
	}
}
