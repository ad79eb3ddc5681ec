package web

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"postrider/mailer"
	"postrider/newsletter"
	"postrider/store"
)

// PreferencesView is what a reader gets, and may change (preferences.html).
type PreferencesView struct {
	State    string // of the subscription, a word of newsletter.State
	Address  string
	Since    time.Time
	Name     string
	Cadences []ChoiceView
	TopicsView
	Paused      time.Time // until when; zero: not paused
	Pauses      []PauseView
	Leave       string // paths
	Data, Erase string
	Again       string
	Problem     string // the field that is wrong; "" if none is
	Words       string // what is wrong, or what was done
	Consents    []ConsentView
	Mails       []ReceivedView // the newest of them
}

// PauseView is a break that may be taken.
type PauseView struct {
	Months int
	Until  time.Time
}

// ConsentView is an entry of the record of what a reader agreed to.
type ConsentView struct {
	At     time.Time
	Action string // a word of newsletter.ConsentAction
	Text   string // what was read; "" where the reader read nothing of ours
	How    string // how it was done then
}

// ReceivedView is a mail that went, or is to go, to a reader.
type ReceivedView struct {
	At      time.Time
	Subject string
	Path    string // of the issue in the browser
	Sent    bool
}

// mailsShown is how many mails the page lists; the reader's data has them all.
const mailsShown = 10

func (s *Server) preferences(w http.ResponseWriter, r *http.Request, b bearer) error {
	return s.showPreferences(w, r, http.StatusOK, b, "", "")
}

// prefer does what the reader chose on the page.
func (s *Server) prefer(w http.ResponseWriter, r *http.Request, b bearer) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	done, to := "saved", store.Change(nil)
	var wrong *fieldError
	switch form.Get("do") {
	case "pause":
		months := months(form.Get("months"))
		done, to = "pause_begun", func(sub newsletter.Subscriber) (newsletter.Subscriber, error) { return sub.Pause(months, s.Now()) }
		if months == 0 {
			wrong = &fieldError{"months", "months_wrong"}
		}
	case "resume":
		done, to = "pause_ended", func(sub newsletter.Subscriber) (newsletter.Subscriber, error) { return sub.Resume(), nil }
	case "save":
		chosen, err := s.parseChoices(r.Context(), choicesOf(form), newsletter.Choices{Cadence: b.Cadence, Topics: b.Topics})
		if err != nil && !errors.As(err, &wrong) {
			return err
		}
		to = func(sub newsletter.Subscriber) (newsletter.Subscriber, error) { return sub.Choose(chosen), nil }
	default:
		return errUnreadable
	}
	if wrong != nil {
		b.Subscriber = b.Choose(newsletter.Choices{Name: form.Get(fieldName), Cadence: b.Cadence, Topics: b.Topics})
		return s.showPreferences(w, r, http.StatusUnprocessableEntity, b, wrong.field, wrong.word)
	}
	if b.State != newsletter.Active { // there is nothing to prefer
		return s.preferences(w, r, b)
	}
	b, err = s.change(r.Context(), b, store.Record{}, to)
	var refused *newsletter.StateError
	if errors.As(err, &refused) { // has left at this moment, in another window
		return s.noticeToJoin(w, "link_spent")
	}
	if err != nil {
		return err
	}
	return s.showPreferences(w, r, http.StatusOK, b, "", done)
}

// pauses are the breaks that are offered, in months.
func pauses() []int { return []int{1, 3, 6, newsletter.LongestPause} }

func months(text string) int {
	for _, n := range pauses() {
		if text == strconv.Itoa(n) {
			return n
		}
	}
	return 0
}

func (s *Server) showPreferences(w http.ResponseWriter, r *http.Request, status int, b bearer, problem, word string) error {
	if b.State == newsletter.Erased {
		return s.erased(w)
	}
	v, err := s.preferencesView(r, b)
	if err != nil {
		return err
	}
	v.Problem = problem
	if word != "" {
		v.Words = s.word(word)
	}
	return s.show(w, status, "preferences", Page{Title: s.word("preferences_title"), Private: true, Body: v})
}

func (s *Server) preferencesView(r *http.Request, b bearer) (PreferencesView, error) {
	v := PreferencesView{
		State: string(b.State), Address: b.Email.Display(), Since: s.zoned(b.Created, b.Cadence), Name: b.Name,
		Cadences: s.cadences(b.Cadence),
		Leave:    s.path("unsubscribe", s.Notifier.Keys.Token(newsletter.Unsubscribe, b.ID, time.Time{})),
		Data:     s.path("preferences", b.token, "data.json"),
		Erase:    s.path("preferences", b.token, "erase"),
		Again:    s.path("subscribe"),
	}
	if b.Paused(s.Now()) {
		v.Paused = s.zoned(b.PausedUntil, b.Cadence)
	}
	for _, n := range pauses() {
		v.Pauses = append(v.Pauses, PauseView{n, s.zoned(newsletter.MonthsAfter(s.Now(), n), b.Cadence)})
	}
	tags, err := s.Store.Tags(r.Context())
	if err != nil {
		return v, err
	}
	v.TopicsView = ownTopics(tags, b.Topics)
	return v, s.addRecord(r, b, &v)
}

// addRecord adds what the list keeps about a reader.
func (s *Server) addRecord(r *http.Request, b bearer, v *PreferencesView) error {
	consents, err := s.Store.Consents(r.Context(), b.ID)
	if err != nil {
		return err
	}
	for _, c := range consents {
		shown := ConsentView{At: s.zoned(c.At, b.Cadence), Action: string(c.Action), Text: c.Text}
		if c.Method == newsletter.ByOneClick { // its text is what programs say to each other
			shown.Text, shown.How = "", s.word("consent_one_click")
		}
		v.Consents = append(v.Consents, shown)
	}
	mails, err := s.Store.History(r.Context(), b.ID)
	for _, m := range mails[:min(len(mails), mailsShown)] {
		v.Mails = append(v.Mails, ReceivedView{s.zoned(m.At, b.Cadence), m.Subject, s.path("issues", m.Issue), m.State == mailer.Sent})
	}
	return err
}

// zoned is a time as the readers of a cadence see it on their calendar: that of their
// digest, or else of the first one. All dates of a page must be of one calendar.
func (s *Server) zoned(t time.Time, c newsletter.Cadence) time.Time {
	d, ok := s.Digests.For(c)
	if !ok && len(s.Digests) > 0 {
		d = s.Digests[0]
	}
	if d.Zone == nil {
		return t.UTC()
	}
	return t.In(d.Zone)
}
