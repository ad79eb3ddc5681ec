package feed

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"
	"log/slog"
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
// reach, it is given as it was.
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
	Now    func() time.Time
	Log    *slog.Logger
	Limit  int // octets of documents that are kept; 0: 64 MiB

	mu      sync.Mutex
	entries map[Address]*entry
	size    int // of the documents in entries, in octets
}

// entry is a feed in a cache.
type entry struct {
	making sync.Mutex // held by whoever makes the document anew

	// Under the lock of the cache:
	document *Document // nil: none yet
	change   int64     // what it was made at
	next     *Document // made, but not shown before its date
	at       int64     // the change of next
	rest     time.Time // nothing is tried before: it has just failed
	used     time.Time
}

const (
	usualLimit = 64 << 20
	// tryAgain is how long a feed that could not be made is given as it was.
	tryAgain = time.Second
	// makeWithin is how long making a feed may take, whoever waits for it.
	makeWithin = 10 * time.Second
	// farAhead is a date that no coalescing explains: the clock was put back.
	farAhead = 3 * time.Second
)

// Document gives the feed with an address. One that does not exist is an error
// that wraps [fs.ErrNotExist].
func (c *Cache) Document(ctx context.Context, a Address) (*Document, error) {
	change, known := c.Change(ctx)
	e, doc, good := c.look(a, change, known)
	if good {
		return doc, nil
	}
	if doc == nil {
		e.making.Lock()
	} else if !e.making.TryLock() {
		return doc, nil // as it was before, while another makes it anew
	}
	defer e.making.Unlock()
	if _, doc, good = c.look(a, change, known); good { // another was faster
		return doc, nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), makeWithin)
	defer cancel()
	return c.renew(ctx, a, e, doc, change)
}

// look finds the entry of an address, which it makes if there is none, and its
// document. Good is one that need not be made anew.
func (c *Cache) look(a Address, change int64, known bool) (e *entry, doc *Document, good bool) {
	now := c.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	e = c.entries[a]
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
			return e, e.document, true
		}
		c.put(e, e.next, e.at)
	}
	current := e.document != nil && e.change == change && !e.document.Modified.IsZero()
	return e, e.document, current || e.document != nil && (!known || now.Before(e.rest))
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
// very first, whose date may be a moment ahead, waits for it.
func (c *Cache) render(ctx context.Context, a Address, before *Document, change int64) (*Document, error) {
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
	modified, newest, err := c.Dates.FeedModified(ctx, a.Path(), digest, change, c.Now())
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

// put shows a document.
func (c *Cache) put(e *entry, d *Document, change int64) {
	if e.document != nil {
		c.size -= e.document.size()
	}
	e.document, e.change, e.next, e.rest = d, change, nil, time.Time{}
	c.size += d.size()
}

func (c *Cache) drop(a Address) {
	if e := c.entries[a]; e != nil {
		if e.document != nil {
			c.size -= e.document.size()
			e.document = nil // whoever makes it anew puts it back
		}
		delete(c.entries, a)
	}
}

// evict makes room: what was not asked for the longest goes. The dates of what
// goes stand in the database, so it comes back as it was.
func (c *Cache) evict(but Address) {
	for c.size > cmp.Or(c.Limit, usualLimit) && len(c.entries) > 1 {
		var oldest Address
		var used time.Time
		for a, e := range c.entries {
			if a != but && (used.IsZero() || e.used.Before(used)) {
				oldest, used = a, e.used
			}
		}
		c.drop(oldest)
	}
}
