package store

import (
	"bytes"
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
	if _, err := c.writer.Exec(`PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(c.Path() + suffix)
		c.ok(err)
		for _, word := range []string{"the.erased", "Erased Person", "192.0.2.7"} {
			if n := bytes.Count(data, []byte(word)); n > 0 {
				t.Errorf("%d times %q in postrider.db%s", n, word, suffix)
			}
		}
	}
}
