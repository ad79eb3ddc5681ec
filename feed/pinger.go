package feed

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"postrider/post"
)

// PingState is where a ping stands.
type PingState string

// The states of pings.
const (
	PingQueued PingState = "queued"
	PingDone   PingState = "done"   // the hub has taken it
	PingFailed PingState = "failed" // given up
)

// Ping tells a hub that a feed has changed. There is one for each hub, topic and
// change, and none before it stands in the database: so it is sent however often
// processes begin and end.
type Ping struct {
	ID       int64
	Hub      string
	Topic    string // the address of the feed
	Created  time.Time
	State    PingState
	Attempts int       // begun, the present one included
	Due      time.Time // of the next attempt
	Note     string    // why the last attempt failed
}

// Pings is where pings are kept, in a database that several pingers may share.
type Pings interface {
	// QueuePings adds a ping for every hub and topic that changed since the last
	// time; for a hub that is new, for every topic. It gives topics the folded tag
	// of each changed feed, "" for the whole site. A ping of the same topic that still
	// waits makes room for the new one; one of a hub that is not named fails.
	QueuePings(ctx context.Context, hubs []string, topics func(tag string) []string, now time.Time) error
	// ClaimPing takes a ping of a hub that is due. Nobody else gets it before the
	// lease ends.
	ClaimPing(ctx context.Context, hub string, now time.Time, lease time.Duration) (p Ping, ok bool, err error)
	// FinishPing keeps the state of a claimed ping, when it is due again and its note.
	FinishPing(ctx context.Context, p Ping, now time.Time) error
}

// Pinger tells the hubs of a site which feeds have changed (WebSub, section 7).
type Pinger struct {
	Site   Site // its Hubs are told; without one nothing is done
	Pings  Pings
	Client *http.Client // redirects are not followed, whatever it says
	Now    func() time.Time
	Log    *slog.Logger
}

const (
	pingLook    = time.Second      // between looks for changes
	pingTime    = 10 * time.Second // for an answer
	pingLease   = time.Minute      // longer than an attempt takes
	pingRest    = time.Minute      // after the first failure; it doubles
	longestPing = 4 * time.Hour    // rest
	pingEnd     = 24 * time.Hour   // when it is given up
	pingAnswer  = 4 << 10          // octets of an answer that are read
)

// Run works until ctx ends. Each hub is told by a goroutine of its own: one that hangs
// keeps no other waiting.
func (p *Pinger) Run(ctx context.Context) {
	client := p.client()
	var hubs sync.WaitGroup
	for _, hub := range p.Site.Hubs {
		hubs.Go(func() { p.keepTelling(ctx, client, hub) })
	}
	hubs.Wait()
}

func (p *Pinger) keepTelling(ctx context.Context, client *http.Client, hub string) {
	failing := false
	to := &recipient{hub: hub}
	for ctx.Err() == nil {
		err := p.turn(ctx, client, to)
		if err != nil && ctx.Err() == nil && !failing {
			p.Log.Warn("a hub is not told of changes now; will try again", "hub", hub, "error", err)
		}
		failing = err != nil
		select {
		case <-time.After(pingLook):
		case <-ctx.Done():
		}
	}
}

// client is the one of the settings, but patient for so long only. It does not
// follow redirects: what a hub says must not make us post to any machine.
func (p *Pinger) client() *http.Client {
	client := &http.Client{Timeout: pingTime}
	if p.Client != nil {
		client.Transport = p.Client.Transport
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return client
}

// turn queues what has changed, for all hubs, and sends one of them what is due,
// unless it rests.
func (p *Pinger) turn(ctx context.Context, client *http.Client, to *recipient) error {
	if err := p.Pings.QueuePings(ctx, p.Site.Hubs, p.topics, p.Now()); err != nil {
		return err
	}
	for ctx.Err() == nil && !p.Now().Before(to.until) {
		ping, ok, err := p.Pings.ClaimPing(ctx, to.hub, p.Now(), pingLease)
		if err != nil || !ok {
			return err
		}
		if err = to.away; err == nil || p.Now().Sub(ping.Created) <= pingEnd { // else it is given up
			err = p.send(ctx, client, ping)
			if ctx.Err() != nil {
				return nil // cut off by the end: it is sent again when its lease has ended
			}
			to.answered(err, p.Now())
		}
		if err := p.Pings.FinishPing(ctx, p.settle(ping, err), p.Now()); err != nil {
			return err
		}
	}
	return nil
}

// topics are the addresses of the feeds of a tag.
func (p *Pinger) topics(tag string) []string {
	var list []string
	channel := Channel{Site: p.Site, Tag: tag}
	if tag != "" && post.TagSlug(tag) == "" {
		return nil // it has no feed
	}
	for _, f := range Formats() {
		list = append(list, channel.Self(f))
	}
	return list
}

// send posts a ping. Any 2xx says that the hub has taken it. Hubs differ in the
// field they read the topic from, so it stands in both.
func (p *Pinger) send(ctx context.Context, client *http.Client, ping Ping) error {
	form := url.Values{"hub.mode": {"publish"}, "hub.url": {ping.Topic}, "hub.topic": {ping.Topic}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, ping.Hub, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("User-Agent", p.agent())
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	words, _ := io.ReadAll(io.LimitReader(answer.Body, pingAnswer)) // the status has said it all
	switch {
	case answer.StatusCode >= 300 && answer.StatusCode < 400:
		return fmt.Errorf("the hub answered %s to %q; if it has moved, set its new address in feed.hubs", answer.Status, answer.Header.Get("Location"))
	case answer.StatusCode < 200 || answer.StatusCode > 299:
		err := fmt.Errorf("the hub answered %s: %.200q", answer.Status, words)
		if answer.StatusCode < 500 && answer.StatusCode != http.StatusTooManyRequests {
			return refusal{err}
		}
		return err
	}
	return nil
}

// agent says whose program asks (RFC 9110, section 10.1.5).
func (p *Pinger) agent() string {
	if p.Site.URL == nil {
		return "Postrider"
	}
	return "Postrider (+" + p.Site.URL.String() + ")"
}

// settle gives a ping what follows from an attempt.
func (p *Pinger) settle(ping Ping, err error) Ping {
	now := p.Now()
	rest := min(pingRest<<min(ping.Attempts-1, 10), longestPing)
	ping.Due = now.Add(rest)
	switch {
	case err == nil:
		ping.State, ping.Note = PingDone, ""
		p.Log.Info("hub told", "hub", ping.Hub, "topic", ping.Topic)
	case ping.Due.Sub(ping.Created) > pingEnd:
		ping.State, ping.Note = PingFailed, err.Error()
		p.Log.Error("a hub was not told of a change", "hub", ping.Hub, "topic", ping.Topic, "attempts", ping.Attempts, "error", err)
	default:
		ping.Note = err.Error()
		p.Log.Warn("a hub was not told of a change; will try again", "hub", ping.Hub, "topic", ping.Topic, "wait", rest, "error", err)
	}
	return ping
}
