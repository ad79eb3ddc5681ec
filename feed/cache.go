package feed

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"
)

// Dates is where it is kept since when a feed has had the bytes it has. All
// processes that serve one site share it.
type Dates interface {
	// FeedModified returns since when the feed at a path has had the bytes with
	// this digest, which were made when the change counter stood at change: in
	// whole seconds, one more at least with every change of the digest, be that
	// ahead of now. If newer bytes are known, newest is false and nothing changes.
	FeedModified(ctx context.Context, path string, digest [sha256.Size]byte, change int64, now time.Time) (modified time.Time, newest bool, err error)
}

// Cache keeps the feeds of a site as they are served: each is rendered when it is
// first asked for after a change, once however many ask, and meanwhile given as
// it was before. When it cannot be made anew, because the database is out of
// reach, it is given as it was. Nobody who asks waits for whoever makes it: it is
// made beside them, and each leaves when their own time is over.
//
// A reader that keeps Last-Modified and ETag and asks with both must never see
// the one change without the other, and a date must never fall or lie in the future.
// So new bytes have a date at least one second after the former's, and are held
// back until it has come.
type Cache struct {
	Library *Library
	Dates   Dates
	// Change tells a number that grows with every change of what feeds show, and
	// whether it is known at this time. It is asked for each request.
	Change func(context.Context) (n int64, known bool)
	MaxAge time.Duration // how long readers may keep a feed
	Wait   time.Duration // how long one may wait for a feed that is made for the first time; 0: while its context lasts
	Now    func() time.Time
	Log    *slog.Logger
	Limit  int // octets of documents that are kept; 0: 64 MiB

	mu      sync.Mutex
	entries map[Address]*entry
	size    int // of the documents in entries, in octets
}

// entry is a feed in a cache, under the lock of the cache.
type entry struct {
	document *Document // nil: none yet
	change   int64     // what it was made at
	next     *Document // made, but not shown before its date
	at       int64     // the change of next
	rest     time.Time // nothing is tried before: it has just failed
	used     time.Time
	making   *making // nil: nobody makes it anew
}

// making is a document that is being made. What it has become is read when done
// is closed.
type making struct {
	done     chan struct{}
	document *Document
	err      error
}

const (
	// tryAgain is how long a feed that could not be made is given as it was.
	tryAgain = time.Second
	// makeWithin is how long making a feed may take, whoever waits for it.
	makeWithin = 10 * time.Second
	// renewWithin is how long who has a former document to be given waits for a new one.
	renewWithin = time.Second
	// dateWithin is how long the database may take to keep a date, which a feed can do without.
	dateWithin = 2 * time.Second
	// farAhead is a date that no coalescing explains: the clock was put back.
	farAhead = 3 * time.Second
)

// Document gives the feed with an address. One that does not exist is an error
// that wraps [fs.ErrNotExist]; one that is not made in time, one that wraps
// [context.DeadlineExceeded].
func (c *Cache) Document(ctx context.Context, a Address) (*Document, error) {
	change, known := c.Change(ctx)
	doc, m := c.look(ctx, a, change, known)
	if m == nil {
		return doc, nil
	}
	patience := c.Wait
	if doc != nil {
		patience = renewWithin
	}
	var late <-chan time.Time
	if patience > 0 {
		timer := time.NewTimer(patience)
		defer timer.Stop()
		late = timer.C
	}
	err := context.DeadlineExceeded
	select {
	case <-m.done:
		return m.document, m.err
	case <-ctx.Done():
		err = ctx.Err()
	case <-late:
	}
	if doc != nil {
		return doc, nil
	}
	return nil, fmt.Errorf("wait for feed %s: %w", a.Path(), err)
}

// look gives the document of an address, and what it will become if that is to be
// waited for: the making begins here, unless another has begun it. Where there is a
// former document, only the one who begins waits.
func (c *Cache) look(ctx context.Context, a Address, change int64, known bool) (*Document, *making) {
	now := c.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[a]
	if e == nil {
		e = &entry{}
		if c.entries == nil {
			c.entries = map[Address]*entry{}
		}
		c.entries[a] = e
	}
	e.used = now
	if e.next != nil {
		if e.next.Modified.After(now) { // what changed since waits too, or dates would run ahead
			return e.document, nil
		}
		c.put(e, e.next, e.at)
	}
	if d := e.document; d != nil {
		current := e.change == change && !d.Modified.IsZero()
		if current || !known || now.Before(e.rest) || e.making != nil {
			return d, nil
		}
	}
	if e.making == nil {
		e.making = &making{done: make(chan struct{})}
		go c.work(context.WithoutCancel(ctx), a, e, e.making, e.document, change)
	}
	return e.document, e.making
}

// work makes a document for all who wait for it.
func (c *Cache) work(ctx context.Context, a Address, e *entry, m *making, before *Document, change int64) {
	ctx, cancel := context.WithTimeout(ctx, makeWithin)
	defer cancel()
	m.document, m.err = c.renew(ctx, a, e, before, change)
	c.mu.Lock()
	e.making = nil
	c.mu.Unlock()
	close(m.done)
}

// renew makes a document and puts it in the place of the one before.
func (c *Cache) renew(ctx context.Context, a Address, e *entry, before *Document, change int64) (*Document, error) {
	doc, err := c.render(ctx, a, before, change)
	now := c.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c.drop(a)
		return nil, err
	case err != nil && before == nil:
		c.drop(a)
		return nil, err
	case err != nil:
		c.Log.Warn("a feed cannot be made anew, so the former one is served", "feed", a.Path(), "error", err)
		e.rest = now.Add(tryAgain)
		return before, nil
	case doc == before:
		e.change = change
		return doc, nil
	case before != nil && doc.Modified.After(now):
		e.next, e.at = doc, change
		return before, nil
	}
	if c.entries[a] != e { // it was dropped while it was made
		c.drop(a)
		c.entries[a] = e
	}
	c.put(e, doc, change)
	if doc.Modified.IsZero() {
		e.rest = now.Add(tryAgain)
	}
	c.evict(a)
	return doc, nil
}

// render makes the document, or gives the one before if its bytes are the same. The
// very first, whose date may be a moment ahead, waits for it. A panic is an error: no
// request is there to catch it.
func (c *Cache) render(ctx context.Context, a Address, before *Document, change int64) (_ *Document, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("make feed %s: panic: %v\n%s", a.Path(), fault, debug.Stack())
		}
	}()
	channel, err := c.Library.Channel(ctx, a)
	if err != nil {
		return nil, err
	}
	data, err := Render(channel, a.Format)
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256(data)
	if before != nil && before.digest == digest && !before.Modified.IsZero() {
		return before, nil
	}
	dated, cancel := context.WithTimeout(ctx, dateWithin)
	defer cancel()
	modified, newest, err := c.Dates.FeedModified(dated, a.Path(), digest, change, c.Now())
	switch {
	case err != nil && before != nil:
		return nil, err
	case err != nil: // better without a date than not at all; it is asked for again in a moment
		c.Log.Warn("a feed has no date, because the database cannot be written", "feed", a.Path(), "error", err)
		modified = time.Time{}
	case !newest && before != nil: // another process has seen more; so will this one, in a moment
		return before, nil
	case !newest || modified.Sub(c.Now()) > farAhead:
		modified = time.Time{}
	}
	if before == nil && modified.After(c.Now()) {
		c.sleep(ctx, modified)
	}
	return newDocument(a, data, modified, c.Library.Site, c.MaxAge), nil
}

// sleep waits until the clock says t.
func (c *Cache) sleep(ctx context.Context, t time.Time) {
	timer := time.NewTimer(t.Sub(c.Now()))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
