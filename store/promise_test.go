package store

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"postrider/mailer"
	"postrider/newsletter"
)

// town is a club in which things happen at random.
type town struct {
	*club
	random *rand.Rand
	emails []string
	posts  []string
	issues []string
}

var townCadences = []newsletter.Cadence{newsletter.Daily, newsletter.Weekly}

// TestEveryPostExactlyOnce lets posts, readers, cuts, sends, crashes, pauses of
// issues, cancellations and expiries follow each other at random, and asks that
// the rows never contradict each other and that in the end every reader who takes
// everything has every post exactly once.
func TestEveryPostExactlyOnce(t *testing.T) {
	runs := 10
	if testing.Short() {
		runs = 3
	}
	for seed := range uint64(runs) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			w := &town{club: newClub(t), random: rand.New(rand.NewPCG(seed, 1))}
			for range 10 {
				w.arrive()
			}
			for range 120 {
				w.happen()
				if w.sound(); t.Failed() {
					return
				}
			}
			w.settle()
			w.judge()
		})
	}
}

func (w *town) happen() {
	w.t.Helper()
	w.now = w.now.Add(time.Duration(w.random.IntN(90)) * time.Minute)
	switch w.random.IntN(14) {
	case 0, 1:
		w.site.now = w.now
		w.posts = append(w.posts, w.publish([]string{"go", "sql"}[w.random.IntN(2)]))
	case 2, 3, 4:
		w.note(w.cut(w.cadence()))
	case 5:
		w.crash()
	case 6:
		if len(w.posts) > 0 {
			w.note(w.send(w.posts[w.random.IntN(len(w.posts))], false))
		}
	case 7:
		w.change(w.someone(), Record{}, func(s newsletter.Subscriber) newsletter.Subscriber {
			s.Cadence = w.cadence()
			return s
		})
	case 8:
		w.control()
	case 9:
		w.now = w.now.Add(80 * time.Hour) // what waits expires
		w.lease()
	case 10:
		w.die()
	default:
		w.work()
	}
}

func (w *town) arrive() {
	email := fmt.Sprintf("reader%d@example.org", len(w.emails))
	w.emails = append(w.emails, email)
	w.join(email, w.cadence())
}

func (w *town) cadence() newsletter.Cadence { return townCadences[w.random.IntN(len(townCadences))] }
func (w *town) someone() string             { return w.emails[w.random.IntN(len(w.emails))] }

func (w *town) note(id string) {
	if id != "" {
		w.issues = append(w.issues, id)
	}
}

// crash writes an issue and stops after its first readers.
func (w *town) crash() {
	a := newsletter.Audience{Cadence: w.cadence()}
	w.finish(a.Cadence)
	id := w.write(a)
	if id == "" {
		return
	}
	w.note(id)
	u, _, err := w.UnfinishedIssue(w.ctx, string(a.Cadence))
	w.ok(err)
	w.step(id, a, u.Publications, 1+w.random.IntN(3))
}

// control pauses, resumes or cancels an issue.
func (w *town) control() {
	if len(w.issues) == 0 {
		return
	}
	id := w.issues[w.random.IntN(len(w.issues))]
	is, err := w.Issue(w.ctx, id)
	w.ok(err)
	if is.State == newsletter.Finished || is.State == newsletter.Cancelled {
		_, err := w.RetryDeliveries(w.ctx, id, []mailer.DeliveryState{mailer.Failed, mailer.Uncertain}, w.now)
		if is.State == newsletter.Finished {
			w.ok(err)
		}
		return
	}
	switch w.random.IntN(3) {
	case 0:
		w.pause(id, "to think")
	case 1:
		w.ok(w.ResumeIssue(w.ctx, id, w.now))
	case 2:
		_, err := w.CancelIssue(w.ctx, id, w.now)
		w.ok(err)
	}
}

// lease keeps the worker from being taken for dead.
func (w *town) lease() {
	w.ok(w.Renew(w.ctx, w.worker, w.now, w.now.Add(time.Hour), func(mailer.Process) bool { return true }))
}

// die replaces the worker by a new one, which takes over what it held.
func (w *town) die() {
	w.worker = w.enlist(w.Store)
	w.ok(w.Renew(w.ctx, w.worker, w.now, w.now.Add(time.Hour), func(mailer.Process) bool { return false }))
}

// work claims some deliveries and ends them in one way or another, or leaves
// them in the middle.
func (w *town) work() {
	for _, d := range w.claim(1 + w.random.IntN(8)) {
		if w.random.IntN(10) == 0 {
			continue
		}
		if w.record(mailer.Entry{Key: d.Key, State: mailer.Sending, At: w.now})[0] != mailer.Recorded {
			continue
		}
		e := mailer.Entry{Key: d.Key, State: mailer.Sent, At: w.now, Reply: "250 ok"}
		switch w.random.IntN(8) {
		case 0:
			e.State, e.Due, e.Reply = mailer.Deferred, w.now.Add(time.Hour), "451 later"
		case 1:
			e.State, e.Due, e.Reply = mailer.Uncertain, w.now, ""
		case 2:
			e.State, e.Reason, e.Reply = mailer.Failed, mailer.ReasonRefused, "552 full"
		case 3:
			continue
		case 4:
			e.State, e.Reason, e.Reply = mailer.Failed, mailer.ReasonExpired, "451 later"
		}
		w.record(e)
	}
}

// settle ends every issue in order and cuts once more for everyone.
func (w *town) settle() {
	w.die()
	for _, id := range w.issues {
		if is, err := w.Issue(w.ctx, id); err == nil && is.State == newsletter.Paused {
			w.ok(w.ResumeIssue(w.ctx, id, w.now))
		}
	}
	for range 2 { // deliveries that expire are given back and come with the second
		for _, c := range townCadences {
			w.cut(c)
		}
		w.finish("")
		w.now = w.now.Add(time.Hour)
		w.lease()
		w.deliver()
	}
	w.sound()
}

func (w *town) judge() {
	for _, email := range w.emails {
		got := w.got(email)
		for i, id := range w.posts {
			if got[id] > 1 || got[id] == 0 && !w.ended(email, id) {
				w.t.Errorf("%s got post %d %d times: %+v", email, i+1, got[id], w.get(email).Served())
			}
		}
	}
	sum, err := w.Tally(w.ctx, "")
	w.ok(err)
	for _, state := range []mailer.DeliveryState{mailer.Queued, mailer.Sending, mailer.Deferred} {
		if sum.Count[state] != 0 {
			w.t.Errorf("%d deliveries are still %s", sum.Count[state], state)
		}
	}
}

// ended tells whether the ledger says that a post did not reach a reader.
func (w *town) ended(email, postID string) bool {
	return value[bool](w.t, w.Store, `SELECT EXISTS (
		SELECT 1 FROM subscriber AS s JOIN delivery AS d ON d.subscriber_id = s.id
		JOIN issue_post AS ip ON ip.issue_id = d.issue_id
		JOIN variant_post AS vp ON vp.variant_id = d.variant_id AND vp.post_id = ip.post_id
		WHERE s.email = ? AND ip.post = ? AND d.state IN ('cancelled', 'failed'))`, email, postID)
}
