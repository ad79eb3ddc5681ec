package scheduler_test

import (
	"bytes"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"postrider/mailer"
	"postrider/newsletter"
	"postrider/scheduler"
)

func TestAPostByHandGoesToEveryoneOnce(t *testing.T) {
	h := newHouse(t)
	h.join("ada")
	h.join("art", "art")
	h.join("gone")
	h.change("gone", func(s *newsletter.Subscriber) { *s = s.Leave(h.now) })
	p := h.publish("go")
	plan, err := h.cutter.PlanPost(h.ctx, p, false)
	h.ok(err)
	if plan.Readers() != 2 || len(plan.Shares) != 1 {
		t.Errorf("planned %+v", plan)
	}
	cut, err := h.cutter.Post(h.ctx, p, false, scheduler.Plan{})
	h.ok(err)
	if cut.Added != 2 || cut.Issue.Digest != "" {
		t.Errorf("cut %+v", cut)
	}
	h.gets("art", "p1")
	h.join("new")
	if cut, err = h.cutter.Post(h.ctx, p, false, scheduler.Plan{}); err != nil || cut.Added != 1 {
		t.Errorf("a second time it goes to %d, %v; want the new one alone", cut.Added, err)
	}
	if cut, err = h.cutter.Post(h.ctx, p, false, scheduler.Plan{}); err != nil || !cut.Empty() {
		t.Errorf("a third time: %+v, %v; want nothing", cut, err)
	}
	plan, err = h.cutter.PlanPost(h.ctx, p, false)
	if err != nil || !plan.Empty() || plan.Snapshot.LeftOut[newsletter.AlreadyHas] != 3 {
		t.Errorf("planned %+v, %v", plan, err)
	}
	if cut, err = h.cutter.Post(h.ctx, p, true, scheduler.Plan{}); err != nil || cut.Added != 3 {
		t.Errorf("again to %d, %v; want all three", cut.Added, err)
	}
	h.gets("ada", "p1", "p1")
	h.gets("gone")

	// The digest leaves it out.
	h.publish("go")
	h.cut()
	h.gets("ada", "p1", "p1", "p2")
}

// What was cut is what is sent, whatever becomes of the posts.
func TestAnIssueIsFrozen(t *testing.T) {
	h := newHouse(t)
	h.join("ada")
	h.publish("go")
	h.publish("go")
	cut := h.cut()
	before, err := h.Variants(h.ctx, cut.Issue.ID)
	h.ok(err)
	h.write(1, "other words", "go")
	h.withdraw("p2")
	after, err := h.Variants(h.ctx, cut.Issue.ID)
	h.ok(err)
	if len(before) != 1 || len(after) != 1 {
		t.Fatalf("%d variants, then %d", len(before), len(after))
	}
	a, b := before[0], after[0]
	if !bytes.Equal(a.Mould, b.Mould) || a.HTML != b.HTML || a.Text != b.Text || a.Subject != b.Subject {
		t.Error("an edit changed what was frozen")
	}
	if !strings.Contains(b.Text, "Post 1, first words.") {
		t.Errorf("frozen was\n%s", b.Text)
	}
}

var (
	boundary = regexp.MustCompile(`postrider-[0-9a-f]{24}`)
	dateLine = regexp.MustCompile(`(?m)^Date: .*\r\n`)
	idLine   = regexp.MustCompile(`(?m)^Message-ID: .*\r\n`)
)

// common takes out of a message what a preview may have otherwise: its date
// and ids. Soft line breaks may cut an id in two, so they go as well.
func common(t *testing.T, c *mailer.Mould, issue string, p mailer.Personal) string {
	t.Helper()
	message := string(c.AppendTo(nil, p))
	for _, line := range []*regexp.Regexp{dateLine, idLine} {
		if len(line.FindAllString(message, -1)) != 1 {
			t.Fatalf("not one line %s in\n%s", line, message)
		}
		message = line.ReplaceAllString(message, "")
	}
	message = strings.ReplaceAll(message, "=\r\n", "")
	if !strings.Contains(message, issue) {
		t.Fatalf("the issue's id %s is not in\n%s", issue, message)
	}
	return boundary.ReplaceAllString(strings.ReplaceAll(message, issue, "ISSUE"), "BOUNDARY")
}

var feedbackID = regexp.MustCompile(`Feedback-ID: ([a-z2-7]+):`)

func TestAPreviewIsWhatIsSent(t *testing.T) {
	h := newHouse(t)
	h.put("p1.md", "---\ntitle: Größe & <Maß>\nslug: p1\ntags: [go]\n---\n# Ein Wort\n\n`{{.Email}}` and a [link](/x).\n")
	h.put("p2.md", "---\ntitle: 家书\nslug: p2\n---\n信已经到了。\n")
	h.join("ada", "go")
	h.join("bob")
	for _, full := range []bool{true, false} {
		d := weekly
		d.Full = full
		for _, name := range []string{"ada", "bob"} {
			sub := h.reader(name)
			pubs, err := h.Publications(h.ctx, sub.Cursor)
			h.ok(err)
			preview, err := h.cutter.ComposeDigest(h.ctx, d, newsletter.Group{Cursor: sub.Cursor, Topics: sub.Topics, Skip: sub.Skip}, pubs)
			h.ok(err)
			h.samePreview(t, d, name, preview)
		}
	}
}

// samePreview cuts the digest in a copy of the house, an hour later, and
// compares what one reader gets.
func (h *house) samePreview(t *testing.T, d newsletter.Digest, name string, preview mailer.Composed) {
	t.Helper()
	h.now = h.now.Add(time.Hour)
	cut, err := h.cutter.DigestByHand(h.ctx, d, scheduler.Plan{})
	h.ok(err)
	v, err := h.VariantOf(h.ctx, cut.Issue.ID, h.reader(name).ID)
	h.ok(err)
	h.compare(t, preview, v, cut.Issue.ID)
	_, err = h.CancelIssue(h.ctx, cut.Issue.ID, h.now) // gives the posts back
	h.ok(err)
}

func (h *house) compare(t *testing.T, preview mailer.Composed, sent newsletter.Variant, issue string) {
	t.Helper()
	mould, err := mailer.ParseMould(sent.Mould)
	h.ok(err)
	ada := mailer.Personal{To: "ada@example.org", Name: "Ada", UnsubscribeToken: "leave", PreferencesToken: "prefs", MessageToken: "one"}
	id := feedbackID.FindSubmatch(preview.Mould.AppendTo(nil, ada))
	if id == nil {
		t.Fatal("the preview has no Feedback-ID")
	}
	want := common(t, preview.Mould, string(id[1]), ada)
	if got := common(t, mould, issue, ada); got != want {
		t.Errorf("sent is\n%s\npreviewed was\n%s", got, want)
	}
	if preview.Subject != sent.Subject || preview.Text == "" ||
		strings.ReplaceAll(preview.Text, string(id[1]), issue) != sent.Text ||
		strings.ReplaceAll(preview.HTML, string(id[1]), issue) != sent.HTML {
		t.Error("subject or browser version are not those of the preview")
	}
}

func TestAPostsPreviewIsWhatIsSent(t *testing.T) {
	h := newHouse(t)
	h.join("ada")
	p := h.publish("go")
	preview, err := h.cutter.ComposePost(h.ctx, p)
	h.ok(err)
	cut, err := h.cutter.Post(h.ctx, p, false, scheduler.Plan{})
	h.ok(err)
	v, err := h.VariantOf(h.ctx, cut.Issue.ID, h.reader("ada").ID)
	h.ok(err)
	h.compare(t, preview, v, cut.Issue.ID)
}

func TestNothingToPreview(t *testing.T) {
	h := newHouse(t)
	h.publish("go")
	pubs, err := h.Publications(h.ctx, 0)
	h.ok(err)
	if _, err := h.cutter.ComposeDigest(h.ctx, weekly, newsletter.Group{Topics: []string{"art"}}, pubs); !errors.Is(err, scheduler.ErrNothingNew) {
		t.Errorf("got %v, want ErrNothingNew", err)
	}
}
