package newsletter

import "time"

// Digest is a configured schedule of issues for one cadence.
type Digest struct {
	Name     string
	Cadence  Cadence
	Day      time.Weekday   // weekly only
	MonthDay int            // monthly only: 1 to 28
	At       TimeOfDay      // daily, weekly, monthly
	Zone     *time.Location //
	Delay    time.Duration  // instant only: how long a post waits for second thoughts
	CatchUp  time.Duration  // how late a window may still be cut
	Subject  string         // a template
	Template string         // the name of the mail template
	Full     bool           // whole posts instead of excerpts
}

// IssueState is where an issue stands.
type IssueState string

// The states of an issue.
const (
	Expanding IssueState = "expanding" // written, recipients still being added; delivery may have begun
	Sending   IssueState = "sending"   // every recipient is in the ledger
	Paused    IssueState = "paused"    // claimed by nobody until resumed
	Cancelled IssueState = "cancelled" // what was not sent will not be
	Finished  IssueState = "finished"  // every delivery has ended
)

// Ended tells whether nothing of an issue will be sent any more, unless it is retried.
func (s IssueState) Ended() bool { return s == Cancelled || s == Finished }

// Issue is one run of a digest, or one manual send, frozen.
type Issue struct {
	ID       string // random; safe to show outside
	Digest   string // the digest's name; "" for a post sent by hand
	Window   string // the local date of a scheduled cut; else a key of its own
	State    IssueState
	Note     string // why it is paused
	Subject  string // of its largest variant
	Newest   int64  // the publication number up to which posts were taken
	Created  time.Time
	Expires  time.Time // deliveries that still wait then have failed
	Finished time.Time // zero while open
}

// Publication is what a cut must know of a post: enough to choose by.
type Publication struct {
	Number   int64
	PostID   string
	Revision int
	Tags     []string // folded, see [post.FoldTag]
}

// Group is a set of subscribers who stand alike: with the same publications
// before them they get the same variant.
type Group struct {
	Cursor int64
	Topics []string
	Skip   []int64
	Count  int // subscribers in it
}

// Audience is whom an issue is for, among active subscribers.
type Audience struct {
	Cadence Cadence `json:"cadence,omitempty"` // "" means all
	// Post is set for a post sent by hand: its id. Who has it already (sent, or
	// on the way) is left out unless Again.
	Post  string `json:"post,omitempty"`
	Again bool   `json:"again,omitempty"`
}

// Variant is one rendering of an issue, shared by all who get the same
// publications.
type Variant struct {
	Key          string // see [VariantKey]
	Publications []Publication
	Subject      string
	HTML         string // for reading in a browser: nothing personal in it
	Text         string
	Mould        []byte // the frozen message
}

// Snapshot is what a cut is planned from, read in one transaction.
type Snapshot struct {
	Newest       int64 // the last publication number
	Change       int64 // the change counter; [Issue]s are only written while it stands
	Last         Last  // and while no other issue was written for the same audience
	Publications []Publication
	Groups       []Group
	LeftOut      map[Reason]int // active readers of the audience's list who get nothing, and others, by reason
}

// Last is the newest issue for an audience; the zero Last if there is none.
type Last struct {
	ID, Digest string
	Unfinished bool // it still lacks recipients, who stand as if it had not been cut
}

// WindowState is what became of a digest's window.
type WindowState string

// The states of a window.
const (
	WindowCut    WindowState = "cut"
	WindowEmpty  WindowState = "empty"  // nobody had anything new
	WindowMissed WindowState = "missed" // past catch_up; its posts go into the next issue
)
