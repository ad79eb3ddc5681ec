package store

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"postrider/newsletter"
	"postrider/post"
)

const week = 7 * 24 * time.Hour

var example = &url.URL{Scheme: "https", Host: "example.org"}

func TestPublishByCommand(t *testing.T) {
	ctx := context.Background()
	s := newSite(t)
	draft := s.put("a.md", "---\ndraft: true\ndate: 2020-01-01\n---\n# A").Post
	p, err := s.PublishPost(ctx, draft.ID, time.Time{}, monday, week)
	if err != nil || p.State != post.Published || p.Number != 1 || !p.Published.Equal(monday) || !p.Updated.Equal(monday) {
		t.Fatalf("%+v, %v", p, err)
	}
	// The file still says draft, and an old date; it said so before.
	a := s.put("a.md", "---\ndraft: true\ndate: 2020-01-01\n---\n# A, better")
	if a.Post.State != post.Published || !a.Post.Published.Equal(monday) || len(a.Warnings) != 1 {
		t.Errorf("after an edit: %s %s, %q", a.Post.State, a.Post.Published, a.Warnings)
	}
	if n := s.changes(func() { _, err = s.PublishPost(ctx, p.ID, time.Time{}, monday, week) }); n != 0 || err != nil {
		t.Errorf("publishing twice moved the change counter by %d, %v", n, err)
	}
	if _, err := s.PublishPost(ctx, p.ID, monday.Add(week), monday, week); !errors.Is(err, ErrConflict) {
		t.Errorf("scheduling a published post: %v", err)
	}
	if _, err := s.PublishPost(ctx, "nobody", time.Time{}, monday, week); !errors.Is(err, ErrNotFound) {
		t.Errorf("publishing nothing: %v", err)
	}
}

// holdIn makes an issue that holds every post.
func holdIn(t *testing.T, s *Store, issue, state string) {
	t.Helper()
	run(t, s, `INSERT INTO issue (public_id, digest, window, audience, subject, since, newest, state, last_id, created_at, expires_at)
		VALUES (?1, '', ?1, '{}', '', 0, 1, ?2, 0, 0, 0)`, issue, state)
	run(t, s, `INSERT INTO issue_post (issue_id, number, post_id, post, revision, tags)
		SELECT i.id, p.number, p.id, p.public_id, p.revision, '[]' FROM issue i, post p WHERE i.public_id = ?`, issue)
}

func TestWithdrawAndBack(t *testing.T) {
	ctx := context.Background()
	s := newSite(t)
	p := s.put("a.md", "---\ndate: 2026-11-22\n---\n# A").Post
	holdIn(t, s.Store, "open", "paused")
	holdIn(t, s.Store, "done", "finished")
	gone, err := s.WithdrawPosts(ctx, monday, p.ID)
	if err != nil || gone[0].State != post.Withdrawn || !slices.Equal(gone[0].OpenIssues, []string{"open"}) {
		t.Fatalf("%+v, %v", gone, err)
	}
	if n := s.changes(func() { _, err = s.WithdrawPosts(ctx, monday, p.ID) }); n != 0 || err != nil {
		t.Errorf("withdrawing twice moved the change counter by %d, %v", n, err)
	}
	back, err := s.PublishPost(ctx, p.ID, time.Time{}, monday.Add(week), week)
	if err != nil || !reflect.DeepEqual(back, p) {
		t.Errorf("came back as\n%+v (%v), was\n%+v", back, err, p)
	}
	if newest, err := s.Newest(ctx); err != nil || newest != 1 {
		t.Errorf("newest %d, %v", newest, err)
	}
}

func TestWithdrawScheduledAndDraft(t *testing.T) {
	ctx := context.Background()
	s := newSite(t)
	p := s.put("a.md", "---\ndate: 2026-12-24\n---\n# A").Post
	taken, err := s.WithdrawPosts(ctx, monday, p.ID)
	if err != nil || taken[0].State != post.Draft {
		t.Fatalf("%+v, %v", taken, err)
	}
	a := s.put("a.md", "---\ndate: 2026-12-24\n---\n# A, edited\nText.")
	if a.Post.State != post.Draft || len(a.Warnings) != 1 {
		t.Errorf("an edit undid the command: %s, %q", a.Post.State, a.Warnings)
	}
	shown := s.put("b.md", "# B").Post
	if _, err := s.WithdrawPosts(ctx, monday, shown.ID, p.ID); !errors.Is(err, ErrConflict) {
		t.Errorf("withdrawing a draft: %v", err)
	}
	if same, err := s.PostByID(ctx, shown.ID); err != nil || same.State != post.Published {
		t.Errorf("the one before the draft is %s, %v: all or none", same.State, err)
	}
}

func TestPublishDue(t *testing.T) {
	ctx := context.Background()
	s := newSite(t)
	s.files["a.md"] = "---\ndate: 2026-11-25\n---\n# Second"
	s.files["b.md"] = "---\ndate: 2026-11-24\n---\n# First"
	s.files["c.md"] = "---\ndate: 2026-11-24\nmail: false\n---\n# Unmailed"
	s.files["d.md"] = "---\ndate: 2027-11-24\n---\n# Later"
	s.sync()
	if list, err := s.PublishDue(ctx, monday); err != nil || len(list) != 0 {
		t.Fatalf("before its time: %v, %v", list, err)
	}
	// The program was down for longer than a date may lie back.
	late := monday.Add(30 * 24 * time.Hour)
	var got []string
	if n := s.changes(func() {
		list, err := s.PublishDue(ctx, late)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range list {
			got = append(got, fmt.Sprint(p.Title, " ", p.State, " ", p.Number, " ", p.Published.Format(time.DateOnly)))
		}
	}); n != 1 {
		t.Errorf("the change counter moved by %d", n)
	}
	want := []string{"First published 1 2026-11-24", "Unmailed published 0 2026-11-24", "Second published 2 2026-11-25"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if list, err := s.PublishDue(ctx, late); err != nil || len(list) != 0 {
		t.Errorf("a second time: %v, %v", list, err)
	}
	if steps := plan(t, s.Store, `SELECT 1 FROM post WHERE state = 'scheduled' AND scheduled_at <= 7`); !strings.Contains(steps, "post_due") {
		t.Errorf("due posts are not found by their index:\n%s", steps)
	}
}

func TestDelete(t *testing.T) {
	ctx := context.Background()
	s := newSite(t)
	shown := s.put("a.md", "---\nslug: new\ntags: [x]\n---\n# A").Post
	draft := s.put("b.md", "---\ndraft: true\nguid: urn:x:1\n---\n# B").Post
	for _, c := range []struct {
		id     string
		change int64
	}{{shown.ID, 1}, {draft.ID, 0}} {
		if n := s.changes(func() {
			if err := s.DeletePost(ctx, c.id, monday); err != nil {
				t.Fatal(err)
			}
		}); n != c.change {
			t.Errorf("the change counter moved by %d, want %d", n, c.change)
		}
		if _, err := s.PostByID(ctx, c.id); !errors.Is(err, ErrNotFound) {
			t.Errorf("still there: %v", err)
		}
	}
	s.refuse("c.md", "---\nslug: new\n---\n# C", "deleted post")
	if again := s.put("b.md", "---\nguid: urn:x:1\n---\n# B").Post; again.Slug != "b" || again.GUID != "urn:x:1" {
		t.Errorf("a draft's names were not set free: %s %s", again.Slug, again.GUID)
	}
	if problems, err := s.Check(ctx); err != nil || len(problems) != 0 {
		t.Errorf("problems: %q, %v", problems, err)
	}
}

// An issue that lacks readers may need any of its posts again, also while it is
// paused: then readers are still added to it.
func TestDeleteWaitsForAnIssueThatLacksReaders(t *testing.T) {
	c := newClub(t)
	c.join("ada@example.org", newsletter.Weekly)
	c.join("bob@example.org", newsletter.Weekly)
	p := c.publish()
	id := c.write(weekly)
	u, _, err := c.UnfinishedIssue(c.ctx, "weekly")
	c.ok(err)
	c.step(id, weekly, u.Publications, 1)
	refused := func(when string) {
		if err := c.DeletePost(c.ctx, p, c.now); !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), id) {
			t.Fatalf("%s: %v, want ErrInUse that names the issue", when, err)
		}
	}
	refused("while it is being written")
	c.pause(id, "")
	refused("while it is paused")
	c.finish(newsletter.Weekly)
	if err := c.DeletePost(c.ctx, p, c.now); err != nil {
		t.Errorf("once it has all its readers: %v", err)
	}
}

// Numbers stand without gap or repeat however many processes publish at once.
func TestNumbersOfManyWriters(t *testing.T) {
	ctx := context.Background()
	first := newStore(t)
	second := openStore(t, first.Path())
	const writers, each = 4, 25
	var group sync.WaitGroup
	for w := range writers {
		s := []*Store{first, second}[w%2]
		group.Go(func() {
			for i := range each {
				sub := source(t, fmt.Sprintf("%d/%d.md", w, i), fmt.Sprintf("---\nmail: %v\n---\n# Same title", i%3 != 0))
				if _, err := s.SubmitPosts(ctx, []Submission{sub}, SubmitOptions{Now: monday, Site: example}); err != nil {
					t.Error(err)
				}
				bad := source(t, fmt.Sprintf("%d/bad%d.md", w, i), "---\nslug: 0\n---\n# Same title")
				if _, err := s.SubmitPosts(ctx, []Submission{bad, bad}, SubmitOptions{Now: monday, Site: example}); err == nil {
					t.Error("accepted")
				}
			}
		})
	}
	group.Wait()
	posts, err := first.Posts(ctx, PostQuery{})
	if err != nil || len(posts) != writers*each {
		t.Fatalf("%d posts, %v", len(posts), err)
	}
	var numbers []int64
	for _, p := range posts {
		if p.Number != 0 {
			numbers = append(numbers, p.Number)
		}
	}
	slices.Sort(numbers)
	for i, n := range numbers {
		if n != int64(i+1) {
			t.Fatalf("the numbers are %v", numbers)
		}
	}
}

func BenchmarkSubmit(b *testing.B) {
	const files = 10_000
	subs := make([]Submission, files)
	body := strings.Repeat("Some words of a post that goes on for a while.\n", 60)
	for i := range subs {
		subs[i] = source(b, fmt.Sprintf("posts/%d.md", i),
			fmt.Sprintf("---\ntitle: Post %d\ntags: [one, two, t%d]\n---\n%s", i, i%50, body))
	}
	o := SubmitOptions{Now: monday, Site: example}
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			s := newStore(b)
			b.StartTimer()
			if _, err := s.SubmitPosts(context.Background(), subs, o); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("again", func(b *testing.B) {
		s := newStore(b)
		for b.Loop() {
			if _, err := s.SubmitPosts(context.Background(), subs, o); err != nil {
				b.Fatal(err)
			}
		}
	})
}
