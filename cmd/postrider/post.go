package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"postrider/post"
	"postrider/store"
)

func newPost(a *app) *cobra.Command {
	return group("post", "Write, publish and withdraw posts",
		newPostAdd(a), newPostSync(a), newPostNew(a), newPostList(a), newPostShow(a),
		newPostPublish(a), newPostWithdraw(a), newPostDelete(a))
}

// postView is a post as --json shows it.
type postView struct {
	ID        string        `json:"id"`
	GUID      string        `json:"guid"`
	Slug      string        `json:"slug"`
	URL       string        `json:"url"`
	Title     string        `json:"title"`
	State     post.State    `json:"state"`
	Number    *int64        `json:"number"` // null: not published, or will not be mailed
	Mailed    bool          `json:"mail"`   // may be, or was, part of a digest
	Revision  int           `json:"revision"`
	Tags      []string      `json:"tags"`
	Authors   []post.Author `json:"authors"`
	Lang      string        `json:"lang,omitempty"`
	Source    string        `json:"source,omitempty"`
	Created   *time.Time    `json:"created"`
	Published *time.Time    `json:"published"`
	Updated   *time.Time    `json:"updated"`
	Scheduled *time.Time    `json:"scheduled,omitempty"`
}

func (s *session) viewPost(p post.Post) postView {
	v := postView{
		ID: p.ID, GUID: p.GUID, Slug: p.Slug, URL: post.Permalink(s.cfg.SiteURL(), p.Slug),
		Title: p.Title, State: p.State, Mailed: p.Number > 0, Revision: p.Revision,
		Tags: append([]string{}, p.Tags...), Authors: append([]post.Author{}, p.Authors...),
		Lang: p.Lang, Source: p.Source,
		Created: instant(p.Created), Published: instant(p.Published), Updated: instant(p.Updated), Scheduled: instant(p.Scheduled),
	}
	if p.Number > 0 {
		v.Number = &p.Number
	}
	return v
}

func newPostList(a *app) *cobra.Command {
	var states []string
	var tag string
	var limit int
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List posts, the newest first",
		Args:  usage(cobra.NoArgs),
	}
	cmd.Flags().StringSliceVar(&states, "state", nil, "only posts in this `STATE`: draft, scheduled, published, withdrawn")
	cmd.Flags().StringVar(&tag, "tag", "", "only posts with this `TAG`")
	cmd.Flags().IntVar(&limit, "limit", 0, "at most `N` posts")
	cmd.RunE = a.inSession(func(ctx context.Context, s *session, _ []string) error {
		q := store.PostQuery{Limit: limit}
		if tag != "" {
			q.Tags = []string{post.FoldTag(tag)}
		}
		for _, st := range states {
			state, err := parsePostState(st)
			if err != nil {
				return err
			}
			q.States = append(q.States, state)
		}
		posts, err := s.store.Posts(ctx, q)
		if err != nil {
			return err
		}
		views := make([]postView, len(posts))
		for i, p := range posts {
			views[i] = s.viewPost(p)
		}
		return list(a, views, "No posts yet. Write one with `postrider post new TITLE`.",
			[]any{"state", "date", "slug", "tags", "title"}, postRow(a.width()))
	})
	return cmd
}

// postRow is one line of the list. On a terminal, 0 columns if there is none, its
// end is cut; so that takes neither the tags, which are short, nor all of the title,
// the slug makes room: it has half of what the others leave.
func postRow(columns int) func(postView) []any {
	const stateAndDate, tags, gaps = 9 + 16, 14, 4 * 2
	return func(v postView) []any {
		row := []any{v.State, postDate(v), v.Slug, strings.Join(v.Tags, ", "), v.Title}
		if columns > 0 {
			row[2] = text.Snip(v.Slug, max((columns-stateAndDate-tags-gaps)/2, tags), "…")
			row[3] = text.Snip(strings.Join(v.Tags, ", "), tags, "…")
		}
		return row
	}
}

func postDate(v postView) string {
	for _, t := range []*time.Time{v.Published, v.Scheduled, v.Created} {
		if t != nil {
			return stamp(*t)
		}
	}
	return ""
}

func parsePostState(s string) (post.State, error) {
	for _, state := range []post.State{post.Draft, post.Scheduled, post.Published, post.Withdrawn} {
		if s == string(state) {
			return state, nil
		}
	}
	return "", usagef("%q is no state of a post; choose draft, scheduled, published or withdrawn", s)
}

func newPostShow(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "show REF",
		Short: "Show one post, its text and its revisions",
		Args:  usage(cobra.ExactArgs(1)),
		RunE: a.inSession(func(ctx context.Context, s *session, args []string) error {
			p, err := s.store.Post(ctx, args[0])
			if err != nil {
				return err
			}
			article, err := s.renderer().Article(p)
			if err != nil {
				return err
			}
			revisions, err := s.store.Revisions(ctx, p.ID)
			if err != nil {
				return err
			}
			return s.showPost(article, revisions)
		}),
	}
}

type revisionView struct {
	Revision int        `json:"revision"`
	Created  *time.Time `json:"created"`
	Title    string     `json:"title"`
}

func (s *session) showPost(p post.Article, revisions []store.Revision) error {
	view := struct {
		postView
		Summary   string         `json:"summary"`
		Body      string         `json:"body"`
		HTML      string         `json:"html"`
		Text      string         `json:"text"`
		Revisions []revisionView `json:"revisions"`
	}{postView: s.viewPost(p.Post), Summary: p.Excerpt, Body: p.Body, HTML: p.HTML, Text: p.Text}
	for _, r := range revisions {
		view.Revisions = append(view.Revisions, revisionView{r.Number, instant(r.Created), r.Title})
	}
	return s.show(view, func() {
		s.facts(
			[2]string{"title", p.Title},
			[2]string{"state", string(p.State)},
			[2]string{"slug", p.Slug},
			[2]string{"url", p.URL},
			[2]string{"guid", p.GUID},
			[2]string{"id", p.ID},
			[2]string{"published", stamp(p.Published)},
			[2]string{"scheduled", stamp(p.Scheduled)},
			[2]string{"updated", stamp(p.Updated)},
			[2]string{"tags", strings.Join(p.Tags, ", ")},
			[2]string{"mail", mailWords(p.Post)},
			[2]string{"source", p.Source},
			[2]string{"revisions", fmt.Sprint(len(revisions))},
		)
		fmt.Fprintf(s.out, "\n%s", p.Text)
	})
}

func mailWords(p post.Post) string {
	switch {
	case p.Number > 0:
		return fmt.Sprintf("yes, as publication %d", p.Number)
	case p.State == post.Published || p.State == post.Withdrawn:
		return "no digest will hold it; `postrider send " + p.Slug + "` mails it by hand"
	default:
		return ""
	}
}
