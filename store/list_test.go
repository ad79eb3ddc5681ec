package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"postrider/mailer"
	"postrider/newsletter"
)

// club is a site with subscribers: it joins, cuts and delivers as the rooms
// around the store do.
type club struct {
	*site
	ctx    context.Context
	worker int64
	posts  int
	cuts   int
	batch  int // how many readers are added at once
}

func newClub(t testing.TB) *club {
	c := &club{site: newSite(t), ctx: context.Background(), batch: 3}
	c.options.Now = func() time.Time { return c.now }
	c.leases.watch = c.options.Now
	c.worker = c.enlist(c.Store)
	return c
}

func (c *club) enlist(s *Store) int64 {
	c.t.Helper()
	w, err := s.Enlist(c.ctx, mailer.Process{Host: "here", PID: 1, Started: "then"}, c.now.Add(time.Hour))
	c.ok(err)
	return w
}

func (c *club) ok(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *club) pause(issue, note string) {
	c.t.Helper()
	_, err := c.PauseIssue(c.ctx, issue, note)
	c.ok(err)
}

// sound fails the test if rows contradict each other.
func (c *club) sound() {
	c.t.Helper()
	broken, err := c.Invariants(c.ctx)
	c.ok(err)
	for _, b := range broken {
		c.t.Error(b)
	}
	tally, err := c.Tally(c.ctx, "")
	c.ok(err)
	if moving, err := c.Moving(c.ctx, ""); err != nil || moving == tally.Idle() {
		c.t.Errorf("something moves: %v, %v; the tally is %+v", moving, err, tally)
	}
}

// publish writes a post with these tags and returns its id.
func (c *club) publish(tags ...string) string {
	c.t.Helper()
	c.posts++
	path := fmt.Sprintf("post-%d.md", c.posts)
	return c.put(path, fmt.Sprintf("---\ntitle: Post %d\ntags: [%s]\n---\nText.\n",
		c.posts, strings.Join(tags, ", "))).Post.ID
}

func consent(now time.Time) newsletter.Consent {
	return newsletter.Consent{At: now, Action: newsletter.Confirmed, Text: "Yes, weekly.",
		Source: "192.0.2.1", Method: newsletter.ByCommand}
}

func (c *club) newcomer(email string, cadence newsletter.Cadence, topics ...string) NewSubscriber {
	return NewSubscriber{Email: newsletter.Address(email), Cadence: cadence, Topics: topics,
		State: newsletter.Active, Consent: consent(c.now),
		Joining: Joining{Digest: string(cadence), PeriodStart: c.now.AddDate(-1, 0, 0)}}
}

// join makes an active subscriber.
func (c *club) join(email string, cadence newsletter.Cadence, topics ...string) newsletter.Subscriber {
	c.t.Helper()
	sub, joined, err := c.AddSubscriber(c.ctx, c.newcomer(email, cadence, topics...), c.now)
	c.ok(err)
	if joined != Created {
		c.t.Fatalf("%s: %s", email, joined)
	}
	return sub
}

// change applies a rule to a subscriber.
func (c *club) change(email string, r Record, rule func(newsletter.Subscriber) newsletter.Subscriber) newsletter.Subscriber {
	c.t.Helper()
	sub, err := c.ChangeSubscriber(c.ctx, newsletter.Address(email),
		func(s newsletter.Subscriber) (newsletter.Subscriber, error) { return rule(s), nil }, r, c.now)
	c.ok(err)
	return sub
}

func (c *club) get(email string) newsletter.Subscriber {
	c.t.Helper()
	sub, err := c.Subscriber(c.ctx, newsletter.Address(email))
	c.ok(err)
	return sub
}

// chooser gives what readers get of an issue's posts.
func chooser(a newsletter.Audience, pubs []newsletter.Publication) func(newsletter.Group) []newsletter.Publication {
	return func(g newsletter.Group) []newsletter.Publication {
		if a.Post != "" {
			return pubs
		}
		return newsletter.Select(pubs, g)
	}
}

func variant(pubs []newsletter.Publication) newsletter.Variant {
	key := newsletter.VariantKey(pubs)
	return newsletter.Variant{Key: key, Publications: pubs, Subject: "Subject", HTML: "<p>", Text: "text",
		Mould: []byte(key)}
}

// write plans and writes an issue without readers. It returns "" if nobody
// would get anything.
func (c *club) write(a newsletter.Audience) string {
	c.t.Helper()
	snap, err := c.Snapshot(c.ctx, a, c.now)
	c.ok(err)
	choose := chooser(a, snap.Publications)
	variants := make(map[string]newsletter.Variant)
	for _, g := range snap.Groups {
		if pubs := choose(g); len(pubs) > 0 {
			v := variant(pubs)
			variants[v.Key] = v
		}
	}
	c.cuts++
	window := fmt.Sprintf("window %d", c.cuts)
	if len(variants) == 0 {
		if a.Post == "" {
			c.ok(c.CloseWindow(c.ctx, newsletter.Closing{Digest: string(a.Cadence), Window: window,
				State: newsletter.WindowEmpty, Newest: snap.Newest, Change: snap.Change}, a, c.now))
		}
		return ""
	}
	is := newsletter.Issue{ID: fmt.Sprintf("issue%d", c.cuts), Digest: string(a.Cadence), Window: window,
		Newest: snap.Newest, Created: c.now, Expires: c.now.Add(72 * time.Hour)}
	sorted := slices.SortedFunc(maps.Values(variants), func(a, b newsletter.Variant) int { return strings.Compare(a.Key, b.Key) })
	c.ok(c.WriteIssue(c.ctx, is, a, snap, sorted))
	return is.ID
}

// step adds some readers to an issue and makes variants that are missing.
func (c *club) step(id string, a newsletter.Audience, pubs []newsletter.Publication, limit int) newsletter.Expansion {
	c.t.Helper()
	for {
		step, err := c.Expand(c.ctx, id, limit, c.now, chooser(a, pubs))
		var missing *newsletter.MissingVariant
		if errors.As(err, &missing) {
			c.ok(c.AddVariant(c.ctx, id, variant(missing.Publications)))
			continue
		}
		c.ok(err)
		return step
	}
}

// finish adds the missing readers to the unfinished issues of a digest.
func (c *club) finish(digest newsletter.Cadence) (added int) {
	c.t.Helper()
	for {
		u, ok, err := c.UnfinishedIssue(c.ctx, string(digest))
		c.ok(err)
		if !ok {
			return added
		}
		for done := false; !done; {
			step := c.step(u.Issue.ID, u.Audience, u.Publications, c.batch)
			added, done = added+step.Added, step.Done
		}
	}
}

// cut makes a whole issue of the digest of a cadence.
func (c *club) cut(cadence newsletter.Cadence) string {
	c.t.Helper()
	c.finish(cadence)
	id := c.write(newsletter.Audience{Cadence: cadence})
	c.finish(cadence)
	return id
}

// send makes a whole issue of one post.
func (c *club) send(postID string, again bool) string {
	c.t.Helper()
	id := c.write(newsletter.Audience{Post: postID, Again: again})
	c.finish("")
	return id
}

func (c *club) claim(limit int) []mailer.Delivery {
	c.t.Helper()
	claimed, err := c.Claim(c.ctx, c.worker, c.now, limit)
	c.ok(err)
	return claimed
}

// record records entries of this club's worker.
func (c *club) record(entries ...mailer.Entry) []mailer.Verdict {
	c.t.Helper()
	verdicts, err := c.Record(c.ctx, c.worker, entries)
	c.ok(err)
	return verdicts
}

// deliver sends all that is due and returns "email variant" of each message.
func (c *club) deliver() []string {
	c.t.Helper()
	var mail []string
	for {
		claimed := c.claim(100)
		if len(claimed) == 0 {
			slices.Sort(mail)
			return mail
		}
		for _, d := range claimed {
			if c.record(mailer.Entry{Key: d.Key, State: mailer.Sending, At: c.now})[0] != mailer.Recorded {
				continue
			}
			what := d.Message
			if d.Mould != 0 {
				var err error
				what, err = c.Mould(c.ctx, d.Mould)
				c.ok(err)
			}
			mail = append(mail, string(d.To)+" "+string(what))
			c.record(mailer.Entry{Key: d.Key, State: mailer.Sent, At: c.now, Reply: "250 ok"})
		}
	}
}

// got lists the posts that a subscriber has, will have or may have, by the ledger.
func (c *club) got(email string) map[string]int {
	c.t.Helper()
	got := make(map[string]int)
	rows, err := c.reader.QueryContext(c.ctx, `
		SELECT ip.post FROM subscriber AS s
		JOIN delivery AS d ON d.subscriber_id = s.id
		JOIN variant_post AS vp ON vp.variant_id = d.variant_id
		JOIN issue_post AS ip ON ip.issue_id = d.issue_id AND ip.post_id = vp.post_id
		WHERE s.email = ? AND (d.doubtful OR d.state NOT IN ('failed', 'cancelled', 'suppressed'))`, email)
	c.ok(err)
	defer rows.Close()
	for rows.Next() {
		var id string
		c.ok(rows.Scan(&id))
		got[id]++
	}
	c.ok(rows.Err())
	return got
}
