package mailer

import (
	"context"
	"fmt"
	"time"

	"postrider/newsletter"
)

// NoticeKind is what a notice is for.
type NoticeKind string

// The kinds of notice, each also the name of its template.
const (
	ConfirmNotice NoticeKind = "confirm" // asks to confirm a subscription
	WelcomeNotice NoticeKind = "welcome" // says that it is confirmed
)

// NoticeData is what a notice says.
type NoticeData struct {
	Key        string // the notice's idempotency key
	ConfirmURL string // for ConfirmNotice: the link with its token
	Date       time.Time
}

// Notice is one mail that belongs to no issue: a confirmation, a welcome.
type Notice struct {
	Key        string // what makes it one: to add it twice sends it once
	Kind       NoticeKind
	Subscriber newsletter.ID
	Mould      []byte // the message, as [Mould.Bytes] gave it
	Expires    time.Time
}

// NoticeQueue is where notices wait for an [Outbox].
type NoticeQueue interface {
	// AddNotice puts a notice into the outbox; added is false if one with its
	// key is there already.
	AddNotice(ctx context.Context, n Notice, now time.Time) (added bool, err error)
}

// Notifier composes notices and queues them.
type Notifier struct {
	Composer *Composer
	Keys     newsletter.Keyring
	Queue    NoticeQueue
	// ConfirmWithin is how long the link in a confirmation is good.
	ConfirmWithin time.Duration
}

// Confirm asks a subscriber to confirm, once a day (UTC) at most: queued is false
// if they were asked today already.
func (n Notifier) Confirm(ctx context.Context, id newsletter.ID, now time.Time) (queued bool, err error) {
	expires := now.Add(n.ConfirmWithin)
	token := n.Keys.Token(newsletter.Confirm, id, expires)
	return n.queue(ctx, Notice{
		Key:  fmt.Sprintf("confirm %s %s", id, now.UTC().Format(time.DateOnly)),
		Kind: ConfirmNotice, Subscriber: id, Expires: expires,
	}, NoticeData{ConfirmURL: n.Composer.id.Site.URL.JoinPath("confirm", token).String(), Date: now}, now)
}

// welcomeWithin is how long a welcome is worth a try.
const welcomeWithin = 24 * time.Hour

// Welcome greets a subscriber who has confirmed at this moment: to confirm again
// after having left is another moment.
func (n Notifier) Welcome(ctx context.Context, id newsletter.ID, confirmed, now time.Time) (queued bool, err error) {
	return n.queue(ctx, Notice{
		Key:  fmt.Sprintf("welcome %s %d", id, confirmed.UnixMilli()),
		Kind: WelcomeNotice, Subscriber: id, Expires: now.Add(welcomeWithin),
	}, NoticeData{Date: now}, now)
}

func (n Notifier) queue(ctx context.Context, notice Notice, data NoticeData, now time.Time) (bool, error) {
	data.Key = notice.Key
	mould, err := n.Composer.Notice(notice.Kind, data)
	if err != nil {
		return false, err
	}
	notice.Mould = mould.Bytes()
	return n.Queue.AddNotice(ctx, notice, now)
}
