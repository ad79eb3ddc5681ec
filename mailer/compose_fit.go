package mailer

import (
	"fmt"
	"html"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"postrider/templates"
)

// Sizes of the HTML part in octets. Gmail hides what is beyond about 102,000,
// the unsubscribe link first; personal values need a little of that.
const (
	warnSize = 90_000
	maxSize  = 100_000
)

// subjectSize is how many characters a subject may have; none shows as many.
const subjectSize = 200

// plan is one way of showing an issue.
type plan struct {
	full    int  // how many posts, from the first, are whole
	excerpt int  // how many characters an excerpt may have; 0: as the post has it
	brief   bool // titles only
	posts   int  // how many posts are shown at all
}

// plans lists the ways of showing an issue from the fullest to the shortest, so
// that the first that fits keeps most: fewer whole posts, shorter excerpts,
// titles, fewer titles.
func plans(posts int, full bool) []plan {
	var list []plan
	if full {
		for n := posts; n > 0; n-- {
			list = append(list, plan{full: n, posts: posts})
		}
	}
	for _, n := range []int{0, 280, 200, 140, 80} {
		list = append(list, plan{excerpt: n, posts: posts})
	}
	for n := posts; n > 0; n /= 2 {
		list = append(list, plan{brief: true, posts: n})
	}
	return list
}

func (p plan) apply(v IssueView) IssueView {
	v.More = len(v.Posts) - p.posts
	v.Posts = slices.Clone(v.Posts[:p.posts])
	for i := range v.Posts {
		post := &v.Posts[i]
		post.Full = i < p.full
		post.Brief = p.brief
		post.ImageInBody = post.ImageInBody && post.Full
		if p.excerpt > 0 {
			post.Excerpt = templates.Truncate(p.excerpt, post.Excerpt)
		}
	}
	return v
}

// words says what was done, for the operator.
func (p plan) words(full bool) string {
	switch {
	case p.brief:
		return fmt.Sprintf("the titles of %d posts are shown", p.posts)
	case p.full > 0:
		return fmt.Sprintf("only the first %d posts are shown whole", p.full)
	case p.excerpt > 0:
		return fmt.Sprintf("excerpts are cut to %d characters", p.excerpt)
	case full:
		return "excerpts are shown instead of whole posts"
	}
	return "nothing was left out"
}

// body is both halves of a rendered mail.
type body struct {
	html, text string
	size       int // octets of html, at least, where it is far too large to be kept
	warnings   []string
}

// fit renders an issue in the fullest way that mailbox providers show whole.
func (c *Composer) fit(name string, v IssueView) (body, error) {
	list := plans(len(v.Posts), v.Full)
	made := map[int]body{}
	var failed error
	try := func(i int) body {
		b, ok := made[i]
		if !ok {
			var err error
			if b, err = c.attempt(name, list[i].apply(v), i == len(list)-1); err != nil {
				failed = err
			}
			made[i] = b
		}
		return b
	}
	best := 0
	if try(0).size > maxSize {
		best = min(len(list)-1, sort.Search(len(list), func(i int) bool { return try(i).size <= maxSize }))
	}
	b := try(best)
	b.warnings = sizeWarnings(made[0].size, b.size, list[best].words(v.Full))
	return b, failed
}

// attempt renders one plan. Inlining is most of the work and takes nothing
// from the body, so it is left out where the body alone is too large already,
// unless the plan is the last.
func (c *Composer) attempt(name string, v IssueView, last bool) (body, error) {
	if !last {
		html, err := c.mail.HTML(name, v)
		size := len(html) - max(0, strings.Index(html, "</head>"))
		if err != nil || size > maxSize {
			return body{size: size}, err
		}
	}
	html, text, err := c.render(name, v)
	return body{html: html, text: text, size: len(html)}, err
}

func sizeWarnings(asked, got int, done string) []string {
	switch {
	case got > maxSize:
		return []string{fmt.Sprintf("the HTML part has %d octets even with %s: Gmail hides what is beyond 102,000; make the template shorter", got, done)}
	case asked > maxSize:
		return []string{fmt.Sprintf("the HTML part would have %d octets or more, and Gmail hides what is beyond 102,000: %s", asked, done)}
	case asked > warnSize:
		return []string{fmt.Sprintf("the HTML part has %d octets; above %d it will be shortened", asked, maxSize)}
	}
	return nil
}

// clean drops what no mail may hold: octets that are not UTF-8, and control
// characters but line feed and tab. The marks of a [Mould] are such.
func clean(s string) string {
	s = strings.ToValidUTF8(s, string(utf8.RuneError))
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, s)
}

func escapeHTML(s string) string { return html.EscapeString(s) }
