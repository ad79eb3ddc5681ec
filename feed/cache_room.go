package feed

import (
	"cmp"
	"time"
)

// usualLimit is how many octets of documents a cache keeps that is not told.
const usualLimit = 64 << 20

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
