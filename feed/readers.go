package feed

import (
	"strconv"
	"strings"
)

// Reader is what a program that asks for a feed says of itself.
type Reader struct {
	Name        string // of its family, one of few, whatever visitors say
	Subscribers int    // for how many people it asks; 0: it does not say
	FeedID      string // its own name for the feed; one feed may have several
}

// Names of those that no family knows.
const (
	browserName = "Browser"
	otherName   = "Other"
)

// mostSubscribers bounds what is believed, so that sums stay numbers.
const mostSubscribers = 100_000_000

// family is programs that bear a mark in their User-Agent, in lower case. Hosted
// ones ask once for all their people, and say for how many.
type family struct {
	mark, name string
	hosted     bool
}

// families are looked through in this order: some bear the marks of others to
// be let in by those who know only them.
func families() []family {
	return []family{
		{"feedly", "Feedly", true},
		{"inoreader", "Inoreader", true},
		{"newsblur", "NewsBlur", true},
		{"feedbin", "Feedbin", true},
		{"theoldreader", "The Old Reader", true},
		{"bazqux", "BazQux", true},
		{"feedspot", "Feedspot", true},
		{"bloglovin", "Bloglovin", true},
		{"netvibes", "Netvibes", true},
		{"feed wrangler", "Feed Wrangler", true},
		{"g2reader", "G2Reader", true},
		{"newsgator", "NewsGator", true},
		{"livedoor", "Livedoor", true},
		{"superfeedr", "Superfeedr", true},
		{"miniflux", "Miniflux", false},
		{"netnewswire", "NetNewsWire", false},
		{"freshrss", "FreshRSS", false},
		{"commafeed", "CommaFeed", false},
		{"tiny tiny rss", "Tiny Tiny RSS", false},
		{"nextcloud-news", "Nextcloud News", false},
		{"newsboat", "Newsboat", false},
		{"newsbeuter", "Newsboat", false},
		{"rss2email", "rss2email", false},
		{"elfeed", "Elfeed", false},
		{"liferea", "Liferea", false},
		{"akregator", "Akregator", false},
		{"rssguard", "RSS Guard", false},
		{"rss guard", "RSS Guard", false},
		{"quiterss", "QuiteRSS", false},
		{"vienna", "Vienna", false},
		{"reeder", "Reeder", false},
		{"thunderbird", "Thunderbird", false},
		{"simplepie", "SimplePie", false},
		{"feedfetcher-google", "Google", false},
		{"googlebot", "Google", false},
	}
}

// ParseReader reads a User-Agent (RFC 9110, section 10.1.5). There is no standard
// for how one tells its subscribers; "12 subscribers" in it is what they have in
// common. Only those who are known to ask for many are believed; anybody can still
// pretend to be one of them, so the figures are a hint and not a proof.
func ParseReader(userAgent string) Reader {
	text := strings.ToLower(userAgent)
	for _, f := range families() {
		if !strings.Contains(text, f.mark) {
			continue
		}
		if !f.hosted {
			return Reader{Name: f.name}
		}
		return Reader{Name: f.name, Subscribers: subscribers(text), FeedID: feedID(text)}
	}
	if strings.HasPrefix(text, "mozilla/") && !strings.Contains(text, "compatible;") &&
		(strings.Contains(text, "gecko") || strings.Contains(text, "webkit")) {
		return Reader{Name: browserName}
	}
	return Reader{Name: otherName}
}

// subscribers finds a number that stands before the word, as in "12 subscribers"
// or "1,204 readers"; 0 if there is none.
func subscribers(text string) int {
	for _, word := range []string{"subscriber", "reader"} {
		for rest := text; ; {
			before, after, found := strings.Cut(rest, word)
			if !found {
				break
			}
			before = strings.TrimRight(before, " _")
			digits := before[len(strings.TrimRight(before, "0123456789,")):]
			if n, err := strconv.Atoi(strings.ReplaceAll(digits, ",", "")); err == nil {
				return min(n, mostSubscribers)
			}
			rest = after
		}
	}
	return 0
}

// longestID is how long a feed's id may be; those of today have at most 24 characters.
const longestID = 40

// feedID finds what follows "feed-id:" or "feed-id=".
func feedID(text string) string {
	for _, mark := range []string{"feed-id", "feedid"} {
		_, after, found := strings.Cut(text, mark)
		if !found {
			continue
		}
		after = strings.TrimLeft(after, ":= ")
		end := strings.IndexFunc(after, func(r rune) bool {
			return (r < '0' || r > '9') && (r < 'a' || r > 'z') && r != '-' && r != '_'
		})
		if end < 0 {
			end = len(after)
		}
		return after[:min(end, longestID)]
	}
	return ""
}
