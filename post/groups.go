package post

import (
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strconv"
)

// authors reads a name, a group of name, email and url, or a list of either.
func (r *reader) authors(keys ...string) []Author {
	var authors []Author
	for _, v := range r.each(keys...) {
		items := v.list
		if v.kind != sequence {
			items = []value{v}
		}
		for _, item := range items {
			item.key = v.key
			a := r.author(item)
			same := func(b Author) bool { return a.Name == b.Name }
			if a != (Author{}) && !slices.ContainsFunc(authors, same) {
				authors = append(authors, a)
			}
		}
	}
	return authors
}

func (r *reader) author(v value) Author {
	if v.kind == mapping {
		in := r.inside(v)
		a := Author{Name: oneLine(in.text("name")), Email: in.email("email", "mail"), URL: in.text("url", "homepage", "link", "uri")}
		if r.join(in); a.Name == "" {
			r.fail(v, errors.New("has no name; write name: … below it"))
		}
		return a
	}
	text := oneLine(r.scalarText(v))
	if a, err := mail.ParseAddress(text); err == nil && a.Name != "" {
		return Author{Name: a.Name, Email: a.Address}
	}
	return Author{Name: text}
}

// email reads the address of an author, without a name.
func (r *reader) email(keys ...string) string {
	v, text := r.first(keys...)
	if text == "" {
		return ""
	}
	a, err := mail.ParseAddress(text)
	if err != nil || a.Name != "" {
		r.fail(v, fmt.Errorf("%q is no mail address; write one such as ada@example.org, or take the line out", text))
		return ""
	}
	return a.Address
}

// inside is a reader of a group's keys; [reader.join] takes back its error.
func (r *reader) inside(v value) *reader {
	return &reader{file: r.file, keys: v.table, loc: r.loc}
}

func (r *reader) join(in *reader) {
	if r.err == nil {
		r.err = in.err
	}
}

// image reads an address, a group with src, url or image and alt, or a list of
// either, of which the first counts.
func (r *reader) image(keys ...string) (src, alt string) {
	for _, v := range r.each(keys...) {
		key := v.key
		if v.kind == sequence {
			if len(v.list) == 0 {
				continue
			}
			v = v.list[0]
			v.key = key
		}
		s, a := "", ""
		if v.kind == mapping {
			in := r.inside(v)
			s, a = in.text("src", "url", "image"), oneLine(in.text("alt"))
			r.join(in)
		} else {
			s = r.scalarText(v)
		}
		if src == "" {
			src, alt = s, a
		}
	}
	return src, alt
}

// enclosures reads an address, a group of url, type and length, or a list of either.
func (r *reader) enclosures(keys ...string) []Enclosure {
	var found []Enclosure
	for _, v := range r.each(keys...) {
		items := v.list
		if v.kind != sequence {
			items = []value{v}
		}
		for _, item := range items {
			item.key = v.key
			if e := r.enclosure(item); e.URL != "" {
				found = append(found, e)
			}
		}
	}
	return found
}

func (r *reader) enclosure(v value) Enclosure {
	var e Enclosure
	if v.kind == mapping {
		in := r.inside(v)
		e.URL, e.Type = in.text("url", "src", "href"), in.text("type")
		at, length := in.first("length", "size")
		r.join(in)
		n, err := strconv.ParseInt(length, 10, 64)
		if length != "" && (err != nil || n < 0) {
			r.fail(at, fmt.Errorf("%q is no number of bytes; write one such as 1048576", length))
		}
		e.Length = max(n, 0)
		if e.URL == "" {
			r.fail(v, errors.New("has no url; write url: … below it"))
		}
	} else {
		e.URL = r.scalarText(v)
	}
	if e.Type == "" {
		e.Type = MediaType(e.URL)
	}
	return e
}
