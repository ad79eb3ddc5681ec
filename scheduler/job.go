package scheduler

import (
	"context"
	"slices"
	"time"

	"postrider/mailer"
	"postrider/newsletter"
	"postrider/post"
)

// job is what distinguishes a digest from a post sent by hand: everything else
// about a cut is the same for both.
type job struct {
	digest    string // "" for a post sent by hand
	window    string
	through   int64 // the last publication number it takes; 0: all
	audience  newsletter.Audience
	lifetime  time.Duration
	traceless bool   // nothing to send is not recorded
	template  string // "" means the usual one
	subject   string
	full      bool
	zone      *time.Location
	post      newsletter.Publication // of a post sent by hand
}

func digestJob(d newsletter.Digest, window string) job {
	return job{
		digest:   d.Name,
		window:   window,
		audience: newsletter.Audience{Cadence: d.Cadence},
		lifetime: d.Cadence.Lifetime(),
		template: d.Template,
		subject:  d.Subject,
		full:     d.Full,
		zone:     d.Zone,
	}
}

func postJob(p post.Post, window string, again bool) job {
	return job{
		window:    window,
		audience:  newsletter.Audience{Post: p.ID, Again: again},
		lifetime:  newsletter.Weekly.Lifetime(),
		traceless: true,
		full:      true,
		post:      newsletter.Publication{Number: p.Number, PostID: p.ID, Revision: p.Revision},
	}
}

// choose gives the publications a group gets, the newest first: news is read
// from the top.
func (j job) choose(pubs []newsletter.Publication, g newsletter.Group) []newsletter.Publication {
	if j.audience.Post != "" {
		return pubs
	}
	chosen := newsletter.Select(pubs, g)
	slices.Reverse(chosen)
	return chosen
}

func (j job) letter(is newsletter.Issue, list []post.Article) mailer.Letter {
	date := is.Created
	if j.zone != nil {
		date = date.In(j.zone)
	}
	return mailer.Letter{
		IssueID:  is.ID,
		Digest:   j.digest,
		Template: j.template,
		Subject:  j.subject,
		Articles: list,
		Full:     j.full,
		Date:     date,
	}
}

// articles renders posts at their revisions, each once however many variants
// hold it.
type articles struct {
	posts    Posts
	renderer *post.Renderer
	made     map[revision]post.Article
}

type revision struct {
	post   string
	number int
}

func (c *Cutter) articles() *articles {
	return &articles{posts: c.Posts, renderer: c.Renderer, made: make(map[revision]post.Article)}
}

func (a *articles) of(ctx context.Context, pubs []newsletter.Publication) ([]post.Article, error) {
	list := make([]post.Article, 0, len(pubs))
	for _, pub := range pubs {
		art, err := a.one(ctx, revision{pub.PostID, pub.Revision})
		if err != nil {
			return nil, err
		}
		list = append(list, art)
	}
	return list, nil
}

func (a *articles) one(ctx context.Context, r revision) (post.Article, error) {
	if art, ok := a.made[r]; ok {
		return art, nil
	}
	p, err := a.posts.PostAt(ctx, r.post, r.number)
	if err != nil {
		return post.Article{}, err
	}
	art, err := a.renderer.Article(p)
	if err != nil {
		return post.Article{}, err
	}
	a.made[r] = art
	return art, nil
}
