package mailer

import (
	"fmt"
	"net/mail"
	"net/url"
	"time"

	"postrider/newsletter"
	"postrider/post"
)

// Identity is who mails: what every message of an installation shares.
type Identity struct {
	Site Site
	From Mailbox
	// ReplyTo is where answers go; the zero Mailbox leaves them to From.
	ReplyTo Mailbox
	// Unsubscribe is the mailbox that takes a reader off the list by mail
	// (RFC 2369, section 3.2); "" offers the link only.
	Unsubscribe newsletter.Address
	// ListID is the right part of the List-Id (RFC 2919), a domain name; "" is
	// posts. and the host of the site.
	ListID string
}

// Site is the site that posts belong to.
type Site struct {
	Title, Description string
	URL                *url.URL // absolute
	Language           string   // BCP 47
	Author             post.Author
	PostalAddress      string // shown at the end of every mail; several countries require it
}

// Mailbox is an address with the name of its owner.
type Mailbox struct {
	Name    string
	Address newsletter.Address
}

// ParseMailbox reads a mailbox as people write it: Name <user@example.org>, or
// the bare address (RFC 5322, section 3.4). The empty text is the zero Mailbox.
func ParseMailbox(s string) (Mailbox, error) {
	if s == "" {
		return Mailbox{}, nil
	}
	name, bare := "", s
	if a, err := mail.ParseAddress(s); err == nil {
		name, bare = a.Name, a.Address
	}
	address, err := newsletter.ParseAddress(bare)
	if err != nil {
		return Mailbox{}, fmt.Errorf("%q: want Name <user@example.org>: %w", s, err)
	}
	return Mailbox{name, address}, nil
}

// Letter is what a variant of an issue says.
type Letter struct {
	IssueID  string // public; part of links and of the Feedback-ID
	Digest   string // the digest's name; "" for a post sent by hand
	Template string // the mail template; "" is digest, or post for a post sent by hand
	Subject  string // a text template over [IssueView]; "" is the first post's title
	Articles []post.Article
	Full     bool      // whole posts instead of excerpts
	Date     time.Time // when the issue was cut, in the zone that readers see
}

// Composed is a letter in all its forms.
type Composed struct {
	Subject string
	// HTML and Text are for reading in a browser: nothing personal is in them and
	// no post is shortened.
	HTML, Text string
	Mould      *Mould
	// Warnings tell the operator of what was done, or should be, about the size.
	Warnings []string
}
