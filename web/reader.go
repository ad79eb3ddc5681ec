package web

import (
	"context"
	"errors"
	"net/http"

	"postrider/mailer"
	"postrider/newsletter"
	"postrider/store"
)

// NoticeView is a page of a few words and one way on (notice.html).
type NoticeView struct {
	Words      []string // paragraphs
	Link, Name string   // where to go on; "" for nowhere but the front
}

// bearer is who follows the link of a mail: its token speaks in their name.
type bearer struct {
	newsletter.Subscriber
	token string
}

// byToken makes a handler of what is shown to the bearer of a token.
func (s *Server) byToken(p newsletter.Purpose, do func(http.ResponseWriter, *http.Request, bearer) error) handler {
	return s.naming(p, func(w http.ResponseWriter, r *http.Request, id newsletter.ID) error {
		sub, err := s.Store.SubscriberByID(r.Context(), id)
		if errors.Is(err, store.ErrNotFound) { // the database is older than the mail
			return notFound("link_broken")
		}
		if err != nil {
			return err
		}
		return do(w, r, bearer{sub, r.PathValue("token")})
	})
}

// naming makes a handler of what is done with that which a token names. Whatever is
// wrong with a token, short of its age, looks the same from outside.
func (s *Server) naming(p newsletter.Purpose, do func(http.ResponseWriter, *http.Request, newsletter.ID) error) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		private(w)
		token := r.PathValue("token")
		if token == mailer.PreviewToken {
			return s.notice(w, http.StatusOK, "preview_title", "preview_text")
		}
		id, err := s.Notifier.Keys.Read(p, token, s.Now())
		if errors.Is(err, newsletter.ErrExpired) {
			return s.noticeToJoin(w, "link_expired")
		}
		if err != nil {
			return notFound("link_broken")
		}
		return do(w, r, id)
	}
}

// private keeps a page that is one reader's alone out of every store and index.
func private(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Robots-Tag", "noindex")
}

// notice shows a page of a few words.
func (s *Server) notice(w http.ResponseWriter, status int, title string, words ...string) error {
	v := NoticeView{}
	for _, key := range words {
		v.Words = append(v.Words, s.word(key))
	}
	return s.show(w, status, "notice", Page{Title: s.word(title), Private: true, Body: v})
}

// noticeToJoin says that a link does nothing any more, and how to come back.
func (s *Server) noticeToJoin(w http.ResponseWriter, words string) error {
	return s.show(w, http.StatusGone, "notice", Page{Title: s.word("link_over"), Private: true,
		Body: NoticeView{Words: []string{s.word(words)}, Link: s.path("subscribe"), Name: s.word("subscribe_again")}})
}

// change applies a rule of the list to the bearer, and keeps the record of it.
func (s *Server) change(ctx context.Context, b bearer, r store.Record, to store.Change) (bearer, error) {
	sub, err := s.Store.ChangeSubscriberByID(ctx, b.ID, to, r, s.Now())
	return bearer{sub, b.token}, err
}

// agreed is the entry of the record for what a visitor agrees to or takes back
// now, in the words of the page.
func (s *Server) agreed(r *http.Request, action newsletter.ConsentAction, method, words string) newsletter.Consent {
	c := newsletter.Consent{At: s.Now(), Action: action, Method: method, Text: words}
	if client := s.client(r); client.IsValid() {
		c.Source = client.String()
	}
	return c
}

// consent is what readers of a cadence agree to, as every page that asks them shows it.
// Where there is no other, it says how often mail comes.
func (s *Server) consent(c newsletter.Cadence) string {
	switch {
	case s.SignUps.Consent != "":
		return s.SignUps.Consent
	case c == s.onlyCadence():
		return s.word("consent_only", s.Site.Title, s.word("often_"+string(c)))
	}
	return s.word("consent", s.Site.Title)
}

// joining says from where one who joins now is served.
func (s *Server) joining(c newsletter.Cadence) store.Joining {
	d, _ := s.Digests.For(c)
	return store.Joining{Digest: d.Name, PeriodStart: c.PeriodStart(s.Now())}
}
