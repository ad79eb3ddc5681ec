package web

import (
	"container/list"
	"context"
	"fmt"
	"math"
	"net/http"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

const (
	// lookEvery is how long pages may be older than the database.
	lookEvery = 100 * time.Millisecond
	// lookWithin is how long the database may take to say that nothing changed.
	lookWithin = time.Second
	// makeWithin is how long a page may take to be made, whoever waits for it.
	makeWithin = 15 * time.Second
	// renewWithin is how long who has a former page to be shown waits for a new one.
	renewWithin = time.Second
	// pageMemory is how many octets of pages are kept.
	pageMemory = 32 << 20
)

// maker makes the document that answers a request.
type maker func(r *http.Request) (*document, error)

// pageCache keeps pages as they were made, each until something has changed. When
// the database cannot be asked, it gives those that it has: a page of a minute
// ago is better than none.
type pageCache struct {
	change func(context.Context) (int64, error) // a number that grows with each change
	now    func() time.Time
	limit  int // octets

	looking sync.Mutex // held by whoever asks the database
	making  singleflight.Group

	mu      sync.Mutex
	looked  time.Time
	version int64
	sure    bool // version is what the database said last
	size    int
	pages   map[string]*list.Element // of keptPage
	order   *list.List               // the one used last is at the front
}

type keptPage struct {
	key     string
	version int64
	*document
}

func newPageCache(change func(context.Context) (int64, error), now func() time.Time, limit int) *pageCache {
	return &pageCache{change: change, now: now, limit: limit, pages: map[string]*list.Element{}, order: list.New()}
}

// get gives the document under a key, made after the last change known. If it
// cannot be made, or not while the visitor may wait, the error comes with the one
// before, if that is still here.
func (c *pageCache) get(ctx context.Context, key string, make func(context.Context) (*document, error)) (*document, error) {
	version, sure := c.look(ctx)
	former, have := c.find(key)
	if have && (former.version == version || !sure) {
		return former.document, nil
	}
	if have {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, renewWithin)
		defer cancel()
	}
	// Others may wait for this page after the one who asked first has left.
	lasting := context.WithoutCancel(ctx)
	made := c.making.DoChan(strconv.FormatInt(version, 10)+" "+key, func() (any, error) {
		return c.renew(lasting, key, version, make)
	})
	select {
	case m := <-made:
		if m.Err != nil {
			return former.document, m.Err
		}
		return m.Val.(*document), nil
	case <-ctx.Done():
		return former.document, fmt.Errorf("wait for a page: %w", ctx.Err())
	}
}

// renew makes a page for all who wait for it, and keeps it. One that is no more is
// forgotten. A panic is an error: no request is there to catch it.
func (c *pageCache) renew(ctx context.Context, key string, version int64, make func(context.Context) (*document, error)) (d *document, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			d, err = nil, fmt.Errorf("make a page: panic: %v\n%s", fault, debug.Stack())
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, makeWithin)
	defer cancel()
	d, err = make(ctx)
	switch {
	case err == nil:
		c.keep(keptPage{key, version, d})
	case !ourFault(err):
		c.forget(key)
	}
	return d, err
}

// look says what the database's change counter is, and whether that is known. One
// request asks while the others go on with what was known before; at the very
// first they wait.
func (c *pageCache) look(ctx context.Context) (version int64, sure bool) {
	version, sure, age := c.known()
	if age < lookEvery {
		return version, sure
	}
	if age == never {
		c.looking.Lock()
		if version, sure, age = c.known(); age != never {
			c.looking.Unlock()
			return version, sure
		}
	} else if !c.looking.TryLock() {
		return version, sure
	}
	defer c.looking.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookWithin)
	defer cancel()
	seen, err := c.change(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.looked, c.sure = c.now(), err == nil
	if err == nil {
		c.version = seen
	}
	return c.version, c.sure
}

// never is the age of what nobody has asked for.
const never = time.Duration(math.MaxInt64)

// known gives what the database said last, and how long ago that was.
func (c *pageCache) known() (version int64, sure bool, age time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	age = never
	if !c.looked.IsZero() {
		age = c.now().Sub(c.looked)
	}
	if age < 0 { // the clock was put back
		age = lookEvery
	}
	return c.version, c.sure, age
}

func (c *pageCache) find(key string) (keptPage, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at, ok := c.pages[key]
	if !ok {
		return keptPage{}, false
	}
	c.order.MoveToFront(at)
	return at.Value.(keptPage), true
}

// keep puts a page in, and those out that were not asked for the longest. One that
// is larger than a quarter of the room would empty it for nobody's good.
func (c *pageCache) keep(p keptPage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(c.pages[p.key])
	if p.document.size() > c.limit/4 {
		return
	}
	c.pages[p.key] = c.order.PushFront(p)
	c.size += p.document.size()
	for c.size > c.limit {
		c.drop(c.order.Back())
	}
}

func (c *pageCache) forget(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(c.pages[key])
}

func (c *pageCache) drop(at *list.Element) {
	if at == nil {
		return
	}
	p := c.order.Remove(at).(keptPage)
	delete(c.pages, p.key)
	c.size -= p.document.size()
}

// kept makes a handler of a maker whose documents depend on nothing but the
// database and the path.
func (s *Server) kept(make maker) handler {
	return s.keptBy(func(*http.Request) (string, error) { return "", nil }, make)
}

// paged is kept for documents that also depend on the number of the page.
func (s *Server) paged(make maker) handler {
	return s.keptBy(func(r *http.Request) (string, error) {
		n, err := pageNumber(r)
		return strconv.Itoa(n), err
	}, make)
}

func (s *Server) keptBy(variant func(*http.Request) (string, error), make maker) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, err := variant(r)
		if err != nil {
			return err
		}
		key := r.Pattern + " " + r.URL.Path + " " + v
		d, err := s.cache.get(r.Context(), key, func(ctx context.Context) (*document, error) {
			return make(r.WithContext(ctx))
		})
		switch {
		case err == nil:
			return d.serve(w, r)
		case d != nil && ourFault(err):
			s.Log.Warn("a page cannot be made anew, so the former one is shown",
				"request", requestID(w), "path", r.Pattern, "error", err)
			return d.serve(w, r)
		}
		return err
	}
}

// fresh makes a handler of a maker whose documents depend on more than that.
func fresh(make maker) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		d, err := make(r)
		if err != nil {
			return err
		}
		return d.serve(w, r)
	}
}
