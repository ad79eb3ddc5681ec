package store

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"testing"

	"postrider/newsletter"
)

// What is erased is not in the file any more either, wherever it was: in rows that
// moved, in pages that are free now.
func TestErasedAddressesLeaveTheFile(t *testing.T) {
	c := newClub(t)
	const readers = 400 // several pages of each table and index
	for i := range readers {
		c.signUp(fmt.Sprintf("the.erased.%d@example.org", i), newsletter.Choices{Name: "Erased Person", Cadence: newsletter.Weekly})
	}
	for i := range readers {
		c.change(fmt.Sprintf("the.erased.%d@example.org", i), Record{Detail: "the.erased wrote this"},
			func(s newsletter.Subscriber) newsletter.Subscriber { return s.Erase(c.now) })
	}
	c.gone("the.erased", "Erased Person", "192.0.2.7")
}

// A reader who is in the way keeps it in the log until the next time.
func TestErasedAddressesLeaveTheLogLater(t *testing.T) {
	for name, later := range map[string]func(*club){
		"erase": func(c *club) {
			c.change("next@example.org", Record{}, func(s newsletter.Subscriber) newsletter.Subscriber { return s.Erase(c.now) })
		},
		"tidy": func(c *club) {
			_, err := c.Tidy(c.ctx, c.now, 100)
			c.ok(err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClub(t)
			for _, name := range []string{"the.erased", "next"} {
				c.signUp(name+"@example.org", newsletter.Choices{Cadence: newsletter.Weekly})
			}
			err := c.read(c.ctx, "read for long", func(tx *sql.Tx) error {
				var n int
				if err := tx.QueryRow(`SELECT count(*) FROM subscriber`).Scan(&n); err != nil {
					return err
				}
				c.change("the.erased@example.org", Record{}, func(s newsletter.Subscriber) newsletter.Subscriber { return s.Erase(c.now) })
				if c.written("the.erased") == 0 {
					t.Error("nothing kept it in the log")
				}
				return nil
			})
			c.ok(err)
			later(c)
			c.gone("the.erased")
		})
	}
}

// gone fails the test if words stand in the database.
func (c *club) gone(words ...string) {
	c.t.Helper()
	for _, word := range words {
		if n := c.written(word); n > 0 {
			c.t.Errorf("%d times %q in the database and its log", n, word)
		}
	}
}

// written counts a word in the database and its log.
func (c *club) written(word string) (n int) {
	c.t.Helper()
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(c.Path() + suffix)
		c.ok(err)
		n += bytes.Count(data, []byte(word))
	}
	return n
}
