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
	AlreadyNotice NoticeKind = "already" // tells one who subscribes again that they have
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
	Request    newsletter.ID // for ConfirmNotice: what its link confirms
	Mould      []byte        // the message, as [Mould.Bytes] gave it
	Expires    time.Time
}

// NoticeQueue is where notices wait for an [Outbox].
type NoticeQueue interface {
	// AddNotice puts a notice into the outbox; added is false if one with its
	// key is there already, or if it asks to confirm and one did so today.
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
	notice, err := n.Confirmation(id, now)
	if err != nil {
		return false, err
	}
	return n.Queue.AddNotice(ctx, notice, now)
}

// Confirmation is the notice that asks a subscriber to confirm a new request. Its
// link names the request and not the subscriber, so that it is worth nothing once
// that is withdrawn.
func (n Notifier) Confirmation(id newsletter.ID, now time.Time) (Notice, error) {
	request, expires := newsletter.NewID(), now.Add(n.ConfirmWithin)
	token := n.Keys.Token(newsletter.Confirm, request, expires)
	return n.compose(Notice{
		Key:  "confirm " + request.String(),
		Kind: ConfirmNotice, Subscriber: id, Request: request, Expires: expires,
	}, NoticeData{ConfirmURL: n.Composer.id.Site.URL.JoinPath("confirm", token).String(), Date: now})
}

// Already is the notice for a subscriber who asked for what they have. All of a day
// (UTC) have the same key.
func (n Notifier) Already(id newsletter.ID, now time.Time) (Notice, error) {
	return n.compose(Notice{
		Key:  fmt.Sprintf("already %s %s", id, now.UTC().Format(time.DateOnly)),
		Kind: AlreadyNotice, Subscriber: id, Expires: now.Add(courtesyWithin),
	}, NoticeData{Date: now})
}

// courtesyWithin is how long a notice that nobody needs is worth a try.
const courtesyWithin = 24 * time.Hour

// Welcome greets a subscriber who joined at a time. Whatever link they press, to have
// joined once greets nobody twice; to join again after having left does.
func (n Notifier) Welcome(ctx context.Context, id newsletter.ID, joined, now time.Time) (queued bool, err error) {
	notice, err := n.compose(Notice{
		Key:  fmt.Sprintf("welcome %s %d", id, joined.UnixMilli()),
		Kind: WelcomeNotice, Subscriber: id, Expires: now.Add(courtesyWithin),
	}, NoticeData{Date: now})
	if err != nil {
		return false, err
	}
	return n.Queue.AddNotice(ctx, notice, now)
}

func (n Notifier) compose(notice Notice, data NoticeData) (Notice, error) {
	data.Key = notice.Key
	mould, err := n.Composer.Notice(notice.Kind, data)
	if err != nil {
		return Notice{}, err
	}
	notice.Mould = mould.Bytes()
	return notice, nil
}
