package web

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"postrider/mailer"
	"postrider/newsletter"
	"postrider/store"
)

// SignUps is what the settings say of how readers join.
type SignUps struct {
	Consent   string   // what they agree to; "": the words of the page
	Welcome   bool     // one mail more when they have confirmed
	Origins   []string // whose pages may send and read JSON, as https://example.org
	PerClient int      // an hour; 0: 20
	PerHour   int      // from all clients together; 0: 1000
}

// SignUpView is the form to subscribe (subscribe.html), also within a frame of
// another site (embed.html).
type SignUpView struct {
	Action      string // the path it is sent to
	Stamp       string // when it was shown, signed
	Email, Name string // as they were typed
	Short       bool   // without what can be said later
	Cadences    []ChoiceView
	TopicsView
	Consent string // what sending it agrees to
	Problem string // the field that is wrong; "" if none is
	Words   string // what is wrong, or what became of it
	Sent    bool   // it was taken; Words say what comes next
}

// ChoiceView is one of the things that can be chosen.
type ChoiceView struct {
	Value, Label string
	Chosen       bool
}

// fillTime is how long a person takes for the form at the least. Programs are
// faster.
const fillTime = time.Second

func (s *Server) subscribing(w http.ResponseWriter, r *http.Request) error {
	private(w)
	return s.showSignUp(w, r, http.StatusOK, "subscribe", signUpForm{}, nil)
}

// signUp takes the form that [Server.subscribing] shows, or JSON, from any site.
func (s *Server) signUp(w http.ResponseWriter, r *http.Request) error {
	private(w)
	json := wantsJSON(r)
	s.allowOrigin(w, r)
	form, err := s.takeSignUp(r)
	var wrong *fieldError
	switch {
	case json:
		return s.answerJSON(w, r, err)
	case errors.As(err, &wrong):
		return s.showSignUp(w, r, http.StatusUnprocessableEntity, "subscribe", form, wrong)
	case err != nil:
		return err
	}
	return s.showSent(w)
}

// showSent says that a mail is on its way; a demonstration also, where it arrives.
func (s *Server) showSent(w http.ResponseWriter) error {
	if s.Outbox == "" {
		return s.notice(w, http.StatusOK, "sent_title", "sent_text", "sent_spam", "sent_once")
	}
	return s.show(w, http.StatusOK, "notice", Page{Title: s.word("sent_title"), Private: true,
		Body: NoticeView{Words: []string{s.word("sent_text")}, Link: s.path("mails") + "/", Name: s.word("mails")}})
}

// takeSignUp does what was asked for. What it gives is the same whoever is on the
// list: a stranger learns nothing about an address.
func (s *Server) takeSignUp(r *http.Request) (signUpForm, error) {
	if err := s.turn(s.perClient, r); err != nil {
		return signUpForm{}, err
	}
	form, err := readSignUp(r)
	if err != nil {
		return form, err
	}
	if s.byProgram(form) {
		return form, nil // it may believe that it was taken
	}
	asked, err := s.parseSignUp(r.Context(), form)
	if err != nil {
		return form, err
	}
	if err := s.roomForOne(); err != nil {
		return form, err
	}
	asked.Consent = s.agreed(r, newsletter.Asked, newsletter.ByForm, s.consent(asked.Cadence))
	return form, s.ask(r.Context(), asked)
}

// roomForOne counts a sign-up towards what the site takes from all visitors together,
// or says as a 503 when it takes one again: it is not this visitor who was too eager.
// The operator reads of it once a minute.
func (s *Server) roomForOne() error {
	wait := s.perHour.wait(s.Now())
	if wait == 0 {
		return nil
	}
	if s.crowdTold.wait(s.Now()) == 0 {
		s.Log.Warn("sign-ups are put off: there are more than subscribe.per_hour", "per_hour", s.perHour.Burst(), "wait", wait)
	}
	return &statusError{status: http.StatusServiceUnavailable, word: "crowded", retry: wait, logged: true}
}

// byProgram tells whether a form was filled in by a program that fills in forms: in
// no time, in the field that people do not see, or with a stamp of its own making.
// A form of another site has no stamp.
func (s *Server) byProgram(form signUpForm) bool {
	if form.Trap != "" {
		return true
	}
	if form.Stamp == "" {
		return false
	}
	shown, err := s.Notifier.Keys.ReadStamp(form.Stamp)
	return err != nil || s.Now().Sub(shown) < fillTime
}

// ask composes the mail that answers a sign-up and takes both down. It takes the
// same steps for every address, so that time tells nothing either: one look, one
// mail composed, one commit.
func (s *Server) ask(ctx context.Context, n store.NewSubscriber) error {
	known, err := s.Store.Subscriber(ctx, n.Email)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	n.ID = cmp.Or(known.ID, newsletter.NewID())
	compose := s.Notifier.Confirmation
	if known.State == newsletter.Active {
		compose = s.Notifier.Already
	}
	var notice mailer.Notice
	if notice, err = compose(n.ID, s.Now()); err != nil {
		return err
	}
	_, err = s.Store.SignUp(ctx, n, notice, s.Now())
	return err
}

// parseSignUp reads what was typed into the form.
func (s *Server) parseSignUp(ctx context.Context, f signUpForm) (store.NewSubscriber, error) {
	n := store.NewSubscriber{State: newsletter.Pending}
	var err error
	n.Email, err = newsletter.ParseAddress(f.Email)
	// Strangers have no business with the mailboxes of this machine, as root@localhost.
	if err != nil || !strings.Contains(n.Email.Domain(), ".") {
		return n, wrongAddress(f.Email)
	}
	choices, err := s.parseChoices(ctx, f.choices, newsletter.Choices{Cadence: s.usualCadence()})
	n.Name, n.Cadence, n.Topics = choices.Name, choices.Cadence, choices.Topics
	n.Joining = s.joining(n.Cadence)
	return n, err
}

// showSignUp shows the form, with what was typed into it and what is wrong with that.
func (s *Server) showSignUp(w http.ResponseWriter, r *http.Request, status int, page string, f signUpForm, wrong *fieldError) error {
	view, err := s.signUpView(r.Context(), f, frontTopics)
	if err != nil {
		return err
	}
	if wrong != nil {
		view.Problem, view.Words = wrong.field, s.word(wrong.word)
	}
	return s.show(w, status, page, Page{Title: s.word("subscribe"), Here: s.path("subscribe"), Private: true, Body: view})
}

// signUpView is the form with what was typed; front is how many topics it shows at once.
func (s *Server) signUpView(ctx context.Context, f signUpForm, front int) (SignUpView, error) {
	if len(s.Digests) == 0 {
		return SignUpView{}, notFound("no_digest")
	}
	tags, err := s.Store.Tags(ctx)
	if err != nil {
		return SignUpView{}, err
	}
	cadence := newsletter.Cadence(f.Cadence)
	if _, served := s.Digests.For(cadence); !served { // none was chosen, or one that is none
		cadence = s.usualCadence()
	}
	return SignUpView{
		Action: s.path("subscribe"), Stamp: s.Notifier.Keys.Stamp(s.Now()), Email: f.Email, Name: f.Name,
		Cadences: s.cadences(cadence), TopicsView: topicChoices(tags, f.Topics, front), Consent: s.consent(cadence),
	}, nil
}

// usualCadence is what is chosen for those who choose none.
func (s *Server) usualCadence() newsletter.Cadence {
	served := s.Digests.Cadences()
	if len(served) == 0 || slices.Contains(served, newsletter.Weekly) {
		return newsletter.Weekly
	}
	return served[0]
}

// cadences are those that have a digest, and the one chosen even if it has none: to
// change something else moves nobody away from it. That one says that no mail comes.
func (s *Server) cadences(chosen newsletter.Cadence) []ChoiceView {
	served := s.Digests.Cadences()
	var views []ChoiceView
	for _, c := range newsletter.Cadences() {
		label := s.cadenceWord(c)
		if !slices.Contains(served, c) {
			if c != chosen {
				continue
			}
			label = s.word("cadence_idle", label)
		}
		views = append(views, ChoiceView{string(c), label, c == chosen})
	}
	return views
}

// onlyCadence is the one cadence that there is; "" if readers can choose.
func (s *Server) onlyCadence() newsletter.Cadence {
	if served := s.Digests.Cadences(); len(served) == 1 {
		return served[0]
	}
	return ""
}

func (s *Server) cadenceWord(c newsletter.Cadence) string { return s.word("cadence_" + string(c)) }
