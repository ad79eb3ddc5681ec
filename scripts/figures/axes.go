// Package figures is what the benches share: the axes that are measured, with what
// each must and should reach, and the table that shows what was reached.
//
// A bench opens a [Book], says a line for each measurement while it goes, and adds
// a [Figure] for each axis. A book alone prints its table when it is closed; books
// that share a file leave that to benchtable, so that all benches end with one
// table. Nothing here fails because something is slow: machines differ, and a
// table is read by people.
package figures

// Axis is one row of the table. Its figure has a value for each round.
type Axis struct {
	Key    string
	Part   string // of the table
	Name   string // %s in it stands for Size
	Size   int    // of the list that is measured, unless the figure names another
	Unit   string
	Digits int     // after the point
	Must   float64 // or none
	Goal   float64 // or none
	Most   bool    // the more the better, as with rates
	// Worst judges the worst round and not the median: a promise that was broken
	// once is broken.
	Worst bool
}

// none stands where an axis has no limit.
const none = -1

const (
	sending = "Sending"
	killed  = "Ended in the middle, and sent on"
	feeds   = "Feeds"
	stored  = "Store"
	program = "The program"
)

// Axes are all rows, in their order.
func Axes() []Axis {
	return []Axis{
		{Key: "send", Part: sending, Name: "mails/s beside smtp-source, 16 connections", Unit: "×", Digits: 2, Must: 0.8, Goal: 1.2, Most: true},
		{Key: "send late", Part: sending, Name: "… 8 connections, replies 5 ms late", Unit: "×", Digits: 2, Must: 1.8, Goal: 3.5, Most: true},
		{Key: "send later", Part: sending, Name: "… 8 connections, replies 20 ms late", Unit: "×", Digits: 2, Must: none, Goal: none, Most: true},
		{Key: "send plain", Part: sending, Name: "… 5 ms late, without PIPELINING", Unit: "×", Digits: 2, Must: none, Goal: none, Most: true},
		{Key: "send work", Part: sending, Name: "CPU seconds for 1,000 mails", Unit: "s", Digits: 3, Must: 0.12, Goal: 0.07},
		{Key: "send disk", Part: sending, Name: "a synced write of 16 KiB, by the disk alone", Unit: "ms", Digits: 2, Must: none, Goal: none},
		{Key: "send memory", Part: sending, Name: "peak memory, %s recipients", Size: 1_000_000, Unit: "MiB", Digits: 1, Must: 64, Goal: 40},
		{Key: "send memory beside", Part: sending, Name: "… beside %s recipients", Size: 50_000, Unit: "×", Digits: 2, Must: 1.15, Goal: 1.05},
		{Key: "send first", Part: sending, Name: "from send to the first mail, %s recipients", Size: 1_000_000, Unit: "s", Digits: 2, Must: 5, Goal: 1},

		{Key: "kill missed", Part: killed, Name: "kill -9: missed", Goal: 0, Worst: true},
		{Key: "kill twice", Part: killed, Name: "kill -9: sent twice, over 16 connections", Must: 16, Goal: 16, Worst: true},
		{Key: "kill other", Part: killed, Name: "… with another Message-ID", Must: none, Goal: 0, Worst: true},
		{Key: "term missed", Part: killed, Name: "SIGTERM: missed", Worst: true},
		{Key: "term twice", Part: killed, Name: "SIGTERM: sent twice", Worst: true},
		{Key: "term stop", Part: killed, Name: "SIGTERM: seconds to stop", Unit: "s", Digits: 2, Must: 5, Goal: 2},

		{Key: "feed plain", Part: feeds, Name: "requests/s beside nginx, plain", Unit: "×", Digits: 2, Must: 0.5, Goal: 0.7, Most: true},
		{Key: "feed gzip", Part: feeds, Name: "… gzip", Unit: "×", Digits: 2, Must: 0.45, Goal: 0.55, Most: true},
		{Key: "feed 304", Part: feeds, Name: "… 304", Unit: "×", Digits: 2, Must: 0.4, Goal: 0.5, Most: true},
		{Key: "feed busy", Part: feeds, Name: "requests/s, a post every second, beside none", Unit: "×", Digits: 2, Must: 0.9, Goal: 0.95, Most: true},
		{Key: "feed render", Part: feeds, Name: "rendering 50 posts in three formats", Unit: "ms", Digits: 2, Must: 15, Goal: 8},

		{Key: "import", Part: stored, Name: "import of %s rows beside sqlite3 .import", Size: 1_000_000, Unit: "×", Digits: 2, Must: 0.7, Goal: 1.2, Most: true},
		{Key: "import memory", Part: stored, Name: "… its peak memory", Unit: "MiB", Digits: 1, Must: 100, Goal: 64},
		{Key: "claim", Part: stored, Name: "claim the next 1,000 of %s", Size: 1_000_000, Unit: "ms", Digits: 2, Must: 5, Goal: 1},
		{Key: "sync", Part: stored, Name: "post sync of %s files, first run", Size: 10_000, Unit: "s", Digits: 2, Must: 20, Goal: 8},
		{Key: "sync again", Part: stored, Name: "… second run", Unit: "s", Digits: 2, Must: 2, Goal: 0.7},
		{Key: "reader small", Part: stored, Name: "octets of database a subscriber, of %s", Size: 50_000, Must: 400, Goal: 300},
		{Key: "reader large", Part: stored, Name: "… of %s", Size: 1_000_000, Must: 400, Goal: 300},
		{Key: "delivery small", Part: stored, Name: "octets of database a delivery, of %s", Size: 50_000, Digits: 1, Must: 80, Goal: 50},
		{Key: "delivery large", Part: stored, Name: "… of %s", Size: 1_000_000, Digits: 1, Must: 80, Goal: 50},

		{Key: "start", Part: program, Name: "start of serve to the first 200, %s subscribers", Size: 1_000_000, Unit: "ms", Digits: 1, Must: 60, Goal: 25},
		{Key: "idle", Part: program, Name: "idle memory of serve", Unit: "MiB", Digits: 1, Must: 30, Goal: 20},
		{Key: "binary", Part: program, Name: "stripped binary", Unit: "MB", Digits: 1, Must: 25, Goal: 18},
	}
}
