package web

import (
	"errors"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"

	"postrider/feed"
	"postrider/post"
)

// homePage is the front: all that there is.
type homePage struct {
	Posts []post.Article
	Tags  []tagLink
	Mails []mailLine
}

func (p *pages) home(w http.ResponseWriter, _ *http.Request) error {
	mails, err := listMails(p.Outbox)
	if err != nil {
		return err
	}
	return p.page(w, http.StatusOK, "home", "", homePage{p.Posts, p.tagLinks(), mails})
}

func (p *pages) style(w http.ResponseWriter, r *http.Request) error {
	return content(w, r, "text/css; charset=utf-8", p.Made, p.css)
}

func (p *pages) lost(http.ResponseWriter, *http.Request) error {
	return notFound("There is nothing at this address.")
}

func (p *pages) post(w http.ResponseWriter, r *http.Request) error {
	for i := range p.Posts {
		if p.Posts[i].Slug == r.PathValue("slug") {
			return p.page(w, http.StatusOK, "post", p.Posts[i].Title, p.Posts[i])
		}
	}
	return notFound("There is no post at this address.")
}

// postFile serves what lies beside a post, such as its pictures.
func (p *pages) postFile(w http.ResponseWriter, r *http.Request) error {
	slug, file := r.PathValue("slug"), r.PathValue("file")
	name := path.Join(slug, file)
	plain := fs.ValidPath(name) && name == slug+"/"+file && strings.Count(name, "/") == 1 && !strings.HasPrefix(file, ".")
	mediaType := mime.TypeByExtension(path.Ext(file))
	if !plain || !strings.HasPrefix(mediaType, "image/") {
		return notFound("There is no such picture.")
	}
	f, err := p.Files.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return notFound("There is no such picture.")
	}
	data, err := io.ReadAll(f)
	if err != nil {
		return err
	}
	return content(w, r, mediaType, p.Made, data)
}

// feed serves the feed that lies at the request's own path.
func (p *pages) feed(w http.ResponseWriter, r *http.Request) error {
	wanted := strings.TrimPrefix(r.URL.Path, "/")
	for _, f := range p.Feeds {
		if f.Path != wanted {
			continue
		}
		w.Header().Set("Cache-Control", "public, max-age=0, must-revalidate")
		w.Header().Set("Access-Control-Allow-Origin", "*") // readers that run in a browser
		return content(w, r, mediaType(f.Path), p.Made, f.Data)
	}
	return notFound("There is no such feed.")
}

func mediaType(feedPath string) string {
	for _, f := range feed.Formats() {
		if path.Base(feedPath) == f.FileName() {
			return f.MediaType()
		}
	}
	return "application/octet-stream"
}

// tagLink is a tag, its address and how many posts bear it.
type tagLink struct {
	Name, Slug string
	Count      int
}

func (p *pages) tagLinks() []tagLink {
	var links []tagLink
	at := map[string]int{}
	for _, a := range p.Posts {
		for _, name := range a.Tags {
			slug := post.TagSlug(name)
			i, known := at[slug]
			if !known {
				i = len(links)
				at[slug] = i
				links = append(links, tagLink{Name: name, Slug: slug})
			}
			links[i].Count++
		}
	}
	return links
}

// tagPage is the posts of one tag.
type tagPage struct {
	tagLink
	Posts []post.Article
}

func (t tagPage) tag() string { return t.Name }

func (p *pages) tag(w http.ResponseWriter, r *http.Request) error {
	for _, link := range p.tagLinks() {
		if link.Slug != r.PathValue("tag") {
			continue
		}
		page := tagPage{tagLink: link}
		for _, a := range p.Posts {
			if bears(a, link.Slug) {
				page.Posts = append(page.Posts, a)
			}
		}
		return p.page(w, http.StatusOK, "tag", link.Name, page)
	}
	return notFound("No post bears this tag.")
}

func bears(a post.Article, slug string) bool {
	for _, name := range a.Tags {
		if post.TagSlug(name) == slug {
			return true
		}
	}
	return false
}

// issue shows an issue as it went out, without what was personal in it.
func (p *pages) issue(w http.ResponseWriter, r *http.Request) error {
	html, err := p.Issue(r.Context(), r.PathValue("id"))
	if errors.Is(err, fs.ErrNotExist) {
		return notFound("There is no such issue.")
	}
	if err != nil {
		return err
	}
	return foreign(w, html)
}

// readerPage stands where a reader's own page would.
type readerPage struct{ Name, Words string }

func (p *pages) reader(name, words string) handler {
	return func(w http.ResponseWriter, _ *http.Request) error {
		return p.page(w, http.StatusOK, "reader", name, readerPage{name, words})
	}
}
