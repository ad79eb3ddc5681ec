package mailer

import (
	"container/list"
	"context"
	"fmt"
	"sync"
)

// MouldSource is where frozen messages are read; a [Ledger] is one.
type MouldSource interface {
	Mould(ctx context.Context, id int64) ([]byte, error)
}

// cachedMoulds is how many parsed moulds a Filler keeps. Variants of one issue
// are claimed in no order, and a mould is some ten times the size of a post.
const cachedMoulds = 64

// Filler makes messages of deliveries, for [Outbox.Fill]. It keeps the moulds
// it used last, because thousands of readers share one. It may be used by many
// goroutines; set the fields before.
type Filler struct {
	Moulds       MouldSource
	Personalizer Personalizer
	ReturnPath   string // the address that bounces go to

	mu     sync.Mutex
	recent list.List // of *cached, the last used first
	byID   map[int64]*list.Element
}

// cached is a parsed mould.
type cached struct {
	id    int64
	mould *Mould
}

// Fill appends the message of a delivery to dst and gives its envelope. The
// same delivery always gives the same message.
func (f *Filler) Fill(ctx context.Context, dst []byte, d Delivery) ([]byte, Envelope, error) {
	m, err := f.mould(ctx, d)
	if err != nil {
		return dst, Envelope{}, fmt.Errorf("message of %s for %s: %w", d.IssueID, d.To, err)
	}
	p := f.Personalizer.Personal(d)
	env := Envelope{From: f.ReturnPath, To: string(d.To), MessageID: m.MessageID(p), Dotless: m.dotless}
	return m.AppendTo(dst, p), env, nil
}

// mould finds a delivery's mould in itself, among the recent ones, or in the
// ledger. Two goroutines may read the same one at once; that does no harm.
func (f *Filler) mould(ctx context.Context, d Delivery) (*Mould, error) {
	if d.Mould == 0 {
		return ParseMould(d.Message)
	}
	if m := f.cached(d.Mould); m != nil {
		return m, nil
	}
	raw, err := f.Moulds.Mould(ctx, d.Mould)
	if err != nil {
		return nil, err
	}
	m, err := ParseMould(raw)
	if err != nil {
		return nil, fmt.Errorf("variant %d: %w", d.Mould, err)
	}
	f.keep(d.Mould, m)
	return m, nil
}

func (f *Filler) cached(id int64) *Mould {
	f.mu.Lock()
	defer f.mu.Unlock()
	e := f.byID[id]
	if e == nil {
		return nil
	}
	f.recent.MoveToFront(e)
	return e.Value.(*cached).mould
}

func (f *Filler) keep(id int64, m *Mould) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.byID == nil {
		f.byID = make(map[int64]*list.Element)
	}
	if f.byID[id] != nil {
		return
	}
	f.byID[id] = f.recent.PushFront(&cached{id, m})
	if f.recent.Len() > cachedMoulds {
		oldest := f.recent.Remove(f.recent.Back()).(*cached)
		delete(f.byID, oldest.id)
	}
}
