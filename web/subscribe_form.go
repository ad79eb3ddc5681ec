package web

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"postrider/newsletter"
	"postrider/post"
	"postrider/store"
)

// signUpForm is what somebody typed, as they typed it.
type signUpForm struct {
	Email string
	choices
	Trap  string // the field that people do not see
	Stamp string
}

// choices are the fields that both the form to subscribe and the preferences have.
type choices struct {
	Name    string
	Cadence string
	Topics  []string
}

// The names of the fields.
const (
	fieldEmail, fieldName, fieldCadence, fieldTopic = "email", "name", "cadence", "topic"

	fieldTrap  = "website" // what programs that fill in forms like to fill in
	fieldStamp = "shown"
)

// fieldError says which field is wrong and, by the key of words, how.
type fieldError struct{ field, word string }

func (e *fieldError) Error() string { return e.field + ": " + e.word }

// wrongAddress says what is the matter with an address, as far as its owner can
// see it.
func wrongAddress(typed string) error {
	typed = strings.TrimSpace(typed)
	word := "email_wrong"
	switch {
	case typed == "":
		word = "email_missing"
	case len(typed) > 254:
		word = "email_long"
	case !strings.Contains(typed, "@"):
		word = "email_at"
	}
	return &fieldError{fieldEmail, word}
}

var errUnreadable = &statusError{status: http.StatusBadRequest, word: "unreadable"}

// readForm reads the fields of a form from the body of a request, in either of
// the encodings that HTML has. What stands in the address does not count.
func readForm(r *http.Request) (url.Values, error) {
	err := r.ParseForm() // ParseMultipartForm would hide its error
	if err == nil {
		err = r.ParseMultipartForm(maxBody)
	}
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge), errors.Is(err, os.ErrDeadlineExceeded):
		return nil, err
	case err != nil && !errors.Is(err, http.ErrNotMultipart):
		return nil, errUnreadable
	}
	form := r.PostForm
	if r.MultipartForm != nil {
		form = r.MultipartForm.Value
	}
	for _, values := range form {
		if slices.ContainsFunc(values, func(v string) bool { return !utf8.ValidString(v) }) {
			return nil, errUnreadable
		}
	}
	return form, nil
}

func choicesOf(form url.Values) choices {
	return choices{Name: form.Get(fieldName), Cadence: form.Get(fieldCadence), Topics: form[fieldTopic]}
}

// readSignUp reads a sign-up that comes as a form or as JSON.
func readSignUp(r *http.Request) (signUpForm, error) {
	if isJSON(r.Header.Get("Content-Type")) {
		return readSignUpJSON(r)
	}
	form, err := readForm(r)
	if err != nil {
		return signUpForm{}, err
	}
	return signUpForm{form.Get(fieldEmail), choicesOf(form), form.Get(fieldTrap), form.Get(fieldStamp)}, nil
}

// texts is a JSON text, or an array of them.
type texts []string

func (t *texts) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*t = texts{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(t))
}

func readSignUpJSON(r *http.Request) (signUpForm, error) {
	var body struct {
		Email   string `json:"email"`
		Name    string `json:"name"`
		Cadence string `json:"cadence"`
		Topic   texts  `json:"topic"`
		Trap    string `json:"website"`
		Stamp   string `json:"shown"`
	}
	data, err := io.ReadAll(r.Body)
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) || errors.Is(err, os.ErrDeadlineExceeded) {
		return signUpForm{}, err
	}
	if err != nil || !utf8.Valid(data) || json.Unmarshal(data, &body) != nil {
		return signUpForm{}, errUnreadable
	}
	return signUpForm{body.Email, choices{body.Name, body.Cadence, body.Topic}, body.Trap, body.Stamp}, nil
}

func isJSON(mediaType string) bool {
	kind, _, err := mime.ParseMediaType(mediaType)
	return err == nil && kind == "application/json"
}

// parseChoices reads what a reader chose. Before is what holds now: its cadence for
// one who names none, and its topics beside the tags that posts have.
func (s *Server) parseChoices(ctx context.Context, c choices, before newsletter.Choices) (newsletter.Choices, error) {
	chosen := newsletter.Choices{Cadence: before.Cadence}
	var err error
	if chosen.Name, err = newsletter.ParseName(c.Name); err != nil {
		return chosen, &fieldError{fieldName, "name_wrong"}
	}
	if c.Cadence != "" {
		chosen.Cadence, err = newsletter.ParseCadence(c.Cadence)
	}
	_, served := s.Digests.For(chosen.Cadence)
	if err != nil || !served && chosen.Cadence != before.Cadence {
		return chosen, &fieldError{fieldCadence, "cadence_wrong"}
	}
	if len(s.Digests) == 0 {
		return chosen, notFound("no_digest")
	}
	if chosen.Topics, err = newsletter.ParseTopics(c.Topics); err != nil {
		return chosen, &fieldError{fieldTopic, "topic_wrong"}
	}
	return chosen, s.checkTopics(ctx, chosen.Topics, before.Topics)
}

// checkTopics refuses what no post is tagged with: it would bring no mail, and the
// list is no place to leave words.
func (s *Server) checkTopics(ctx context.Context, topics, before []string) error {
	if len(topics) == 0 {
		return nil
	}
	tags, err := s.Store.Tags(ctx)
	if err != nil {
		return err
	}
	for _, topic := range topics {
		used := slices.ContainsFunc(tags, func(t store.TagCount) bool { return t.Tag == topic })
		if !used && !slices.Contains(before, topic) {
			return &fieldError{fieldTopic, "topic_wrong"}
		}
	}
	return nil
}

// topicLabels gives topics as most posts write them.
func (s *Server) topicLabels(ctx context.Context, topics []string) ([]string, error) {
	if len(topics) == 0 {
		return nil, nil
	}
	tags, err := s.Store.Tags(ctx)
	labels := make([]string, len(topics))
	for i, topic := range topics {
		labels[i] = topic
		for _, t := range tags {
			if t.Tag == post.FoldTag(topic) {
				labels[i] = t.Label
			}
		}
	}
	return labels, err
}
