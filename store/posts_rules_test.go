package store

import (
	"strings"
	"testing"
	"time"

	"postrider/post"
)

func TestUpdated(t *testing.T) {
	for name, c := range map[string]struct {
		lastmod string
		want    time.Time
	}{
		"as the author says":  {"2026-11-23T08:30:00Z", monday.Add(-30 * time.Minute)},
		"not before its date": {"2020-01-01", monday.Add(-time.Hour)},
		"not ahead":           {"2027-01-01", monday},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			p := s.put("a.md", "---\ndate: 2026-11-23T08:00:00Z\nlastmod: "+c.lastmod+"\n---\n# A").Post
			if !p.Updated.Equal(c.want) {
				t.Errorf("updated %s, want %s", p.Updated, c.want)
			}
		})
	}
}

func TestDraftToPublishedToWithdrawn(t *testing.T) {
	s := newSite(t)
	draft, shown := "---\ndraft: true\n---\n# A\nText.", "# A\nText."
	for i, step := range []struct {
		text   string
		state  post.State
		number int64
		change int64
		warn   string
	}{
		{draft, post.Draft, 0, 0, ""},
		{draft + "\nMore.", post.Draft, 0, 0, ""},
		{shown, post.Published, 1, 1, ""},
		{draft, post.Withdrawn, 1, 1, ""},
		{shown, post.Withdrawn, 1, 0, "postrider post publish a"},
		{shown + "\nMore.", post.Withdrawn, 1, 0, "postrider post publish a"},
	} {
		var a Accepted
		change := s.changes(func() { a = s.put("a.md", step.text) })
		if a.Post.State != step.state || a.Post.Number != step.number || change != step.change {
			t.Errorf("step %d: %s, number %d, change %d", i, a.Post.State, a.Post.Number, change)
		}
		if !strings.Contains(strings.Join(a.Warnings, "\n"), step.warn) || (step.warn == "") != (len(a.Warnings) == 0) {
			t.Errorf("step %d: warnings %q, want %q", i, a.Warnings, step.warn)
		}
	}
}

func TestDateOfAPublishedPost(t *testing.T) {
	s := newSite(t)
	s.put("a.md", "---\ndate: 2026-11-20\n---\n# A")
	p := s.put("a.md", "---\ndate: 2020-02-02\n---\n# A").Post
	if !p.Published.Equal(day(2020, 2, 2)) || p.Number != 1 || p.Revision != 1 {
		t.Errorf("moved back: %s, number %d, revision %d", p.Published, p.Number, p.Revision)
	}
	a := s.put("a.md", "---\ndate: 2030-01-01\n---\n# A\nText.")
	if !a.Post.Published.Equal(day(2020, 2, 2)) || a.Post.State != post.Published || len(a.Warnings) != 1 {
		t.Errorf("moved ahead: %s %s, %q", a.Post.State, a.Post.Published, a.Warnings)
	}
}

func TestScheduledFollowsItsFile(t *testing.T) {
	s := newSite(t)
	s.put("a.md", "---\ndate: 2026-12-01\n---\n# A")
	if p := s.put("a.md", "---\ndate: 2026-12-24\n---\n# A").Post; !p.Scheduled.Equal(day(2026, 12, 24)) {
		t.Errorf("scheduled for %s", p.Scheduled)
	}
	if a := s.put("a.md", "---\ndate: 2026-12-24\nmail: false\n---\n# A"); a.Unmailed != UnmailedByWish {
		t.Errorf("mail: false on a scheduled post: %q", a.Unmailed)
	}
	if p := s.put("a.md", "---\ndraft: true\ndate: 2026-12-24\n---\n# A").Post; p.State != post.Draft || !p.Scheduled.IsZero() {
		t.Errorf("draft again: %s, %s", p.State, p.Scheduled)
	}
	if p := s.put("a.md", "---\ndate: 2026-11-22\n---\n# A").Post; p.State != post.Published || p.Number != 1 {
		t.Errorf("past date: %s, number %d", p.State, p.Number)
	}
}

func TestMailIsAskedOnce(t *testing.T) {
	s := newSite(t)
	for i, step := range []struct {
		text     string
		number   int64
		unmailed Unmailed
		warnings int
	}{
		{"---\nmail: false\n---\n# A\nText.", 0, UnmailedByWish, 0},
		{"---\nmail: false\n---\n# A, edited\nText.", 0, UnmailedByWish, 0},
		{"---\nmail: true\n---\n# A\nText.", 0, UnmailedByThePast, 1},
		{"# A\nText.", 0, UnmailedByThePast, 1},
	} {
		a := s.put("a.md", step.text)
		if a.Post.Number != step.number || a.Unmailed != step.unmailed || len(a.Warnings) != step.warnings {
			t.Errorf("step %d: number %d, unmailed %q, warnings %q", i, a.Post.Number, a.Unmailed, a.Warnings)
		}
	}
}
