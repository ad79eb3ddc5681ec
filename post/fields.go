package post

import (
	"fmt"
	"net/url"
	"strings"
	"time"
)

// reader reads a source's fields from the keys of its front matter. It keeps
// the first error, after which nothing that it returns counts.
type reader struct {
	file     string
	keys     map[string]value
	loc      *time.Location
	warnings []string
	err      error
}

// source reads every key that is known. Where several keys mean one thing, the
// first that has a value wins, and the others must still be well written.
func (r *reader) source() Source {
	s := Source{
		Content: Content{
			Title:      r.title(),
			Summary:    oneLine(r.text("summary", "description", "excerpt")),
			Lang:       r.lang("lang", "language"),
			Tags:       r.tags("tags", "tag", "categories", "category"),
			Authors:    r.authors("authors", "author"),
			Canonical:  r.address("canonical", "canonicalurl", "canonical_url"),
			Enclosures: r.enclosures("enclosures", "enclosure"),
			Mail:       r.flag("mail"),
		},
		Slug: r.slug("slug"),
		GUID: r.guid("guid"),
		// Hugo goes public by publishDate and shows date; here both are one.
		Date:    r.date("publishdate", "publish_date", "date"),
		LastMod: r.date("lastmod", "updated", "last_modified_at", "modified"),
	}
	s.Image, s.ImageAlt = r.image("image", "cover", "featured_image", "featuredimage", "feature_image", "images")
	if alt := oneLine(r.text("image_alt", "imagealt")); alt != "" {
		s.ImageAlt = alt
	}
	if draft := r.flag("draft"); draft != nil {
		s.Draft = *draft
	}
	if published := r.flag("published"); published != nil && !*published {
		s.Draft = true
	}
	return s
}

// fail records what is wrong with a value.
func (r *reader) fail(v value, err error) {
	if r.err == nil {
		r.err = &ParseError{File: r.file, Line: v.line, Key: v.key, Err: err}
	}
}

// each yields the values of those keys that are written, in the order given.
func (r *reader) each(keys ...string) []value {
	var found []value
	for _, k := range keys {
		if v, ok := r.keys[k]; ok && v.kind != absent {
			found = append(found, v)
		}
	}
	return found
}

// scalarText is the text of v, which must not be a list or a group.
func (r *reader) scalarText(v value) string {
	if v.kind == sequence || v.kind == mapping {
		r.fail(v, fmt.Errorf("is %s; write one value", v))
		return ""
	}
	return strings.TrimSpace(v.text)
}

// text reads the first of the keys that is not blank.
func (r *reader) text(keys ...string) string {
	_, text := r.first(keys...)
	return text
}

// first is text with the value it came from, for errors.
func (r *reader) first(keys ...string) (from value, text string) {
	for _, v := range r.each(keys...) {
		if t := r.scalarText(v); text == "" {
			from, text = v, t
		}
	}
	return from, text
}

func (r *reader) title() string {
	v, text := r.first("title")
	text = oneLine(text)
	if err := checkTitle(text); err != nil {
		r.fail(v, err)
	}
	return text
}

func (r *reader) flag(key string) *bool {
	v, text := r.first(key)
	var flag bool
	switch strings.ToLower(text) {
	case "":
		return nil
	case "true", "yes", "on":
		flag = true
	case "false", "no", "off":
	default:
		r.fail(v, fmt.Errorf("%s is neither true nor false", v))
	}
	return &flag
}

func (r *reader) date(keys ...string) (date time.Time) {
	for _, v := range r.each(keys...) {
		text := r.scalarText(v)
		if text == "" {
			continue
		}
		t, err := ParseDate(text, r.loc)
		if err != nil {
			r.fail(v, err)
		} else if date.IsZero() {
			date = t
		}
	}
	return date
}

func (r *reader) slug(key string) string {
	v, text := r.first(key)
	if text == "" || ValidSlug(text) {
		return text
	}
	made := MakeSlug(text)
	r.warnings = append(r.warnings, fmt.Sprintf("line %d: %s: %q is written %q", v.line, v.key, scrub(text), made))
	return made
}

func (r *reader) guid(key string) string {
	v, text := r.first(key)
	if text != "" && !ValidGUID(text) {
		r.fail(v, fmt.Errorf("%q is no absolute URI; write the one the post had, such as urn:uuid:… or https://…", text))
	}
	return text
}

func (r *reader) lang(keys ...string) string {
	v, text := r.first(keys...)
	if text == "" {
		return ""
	}
	lang, err := parseLang(text)
	if err != nil {
		r.fail(v, err)
	}
	return lang
}

func (r *reader) address(keys ...string) string {
	v, text := r.first(keys...)
	if text == "" {
		return ""
	}
	if u, err := url.Parse(text); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		r.fail(v, fmt.Errorf("%q is no web address; write it whole, such as https://example.org/post", text))
	}
	return text
}

// tags reads lists and strings; a string may hold several, divided by commas.
// Tags that fold to one are one, as first written.
func (r *reader) tags(keys ...string) []string {
	var tags []string
	seen := map[string]bool{"": true}
	for _, v := range r.each(keys...) {
		items := v.list
		if v.kind == mapping {
			r.fail(v, fmt.Errorf("is %s; write a list such as [one, two]", v))
			continue
		}
		if v.kind != sequence {
			items = nil
			for text := range strings.SplitSeq(r.scalarText(v), ",") {
				items = append(items, value{key: v.key, line: v.line, kind: scalar, text: text})
			}
		}
		for _, item := range items {
			item.key = v.key
			tag := oneLine(scrub(r.scalarText(item)))
			if fold := FoldTag(tag); !seen[fold] {
				seen[fold] = true
				tags = append(tags, tag)
			}
		}
	}
	return tags
}
