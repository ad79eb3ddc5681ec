package smtptest

import (
	"net/smtp"
	"strings"
	"testing"
)

// The standard library's client is the judge of the dialogue.
func TestServerTakesMail(t *testing.T) {
	s, err := Start(Options{MaxMessages: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	addr := s.listener.Addr().String()
	message := "Message-ID: <1@example.org>\r\n\r\n.dot\r\n"
	if err := smtp.SendMail(addr, nil, "a@example.org", []string{"b@example.org"}, []byte(message)); err != nil {
		t.Fatal(err)
	}
	got := s.Messages()
	if len(got) != 1 || got[0].ID != "1@example.org" || string(got[0].Data) != message || !got[0].Accepted ||
		got[0].From != "a@example.org" || got[0].To != "b@example.org" || got[0].Size != len(message) {
		t.Errorf("took %+v", got)
	}
}

func TestServerScript(t *testing.T) {
	var seen []Verb
	s, err := Start(Options{Discard: true, Script: func(step Step) Action {
		seen = append(seen, step.Verb)
		if step.Verb == Took {
			return Action{Drop: true}
		}
		return Action{}
	}})
	if err != nil {
		t.Fatal(err)
	}
	err = smtp.SendMail(s.listener.Addr().String(), nil, "a@example.org", []string{"b@example.org"}, []byte("a: b\r\n\r\nc\r\n"))
	if err == nil {
		t.Error("the client got an answer")
	}
	if err := s.Close(); err != nil { // after it the script is asked no more
		t.Error(err)
	}
	if got := s.Messages(); len(got) != 1 || got[0].Accepted || got[0].Data != nil || got[0].Size != 11 {
		t.Errorf("took %+v", got)
	}
	var words []string
	for _, v := range seen {
		words = append(words, string(v))
	}
	if got := strings.Join(words, " "); got != "CONNECT EHLO MAIL RCPT DATA BODY DOT TOOK" {
		t.Errorf("asked at %s", got)
	}
}

func TestServerStaysOnLoopback(t *testing.T) {
	for addr, want := range map[string]bool{
		"127.0.0.1:0": true, "localhost:0": true, "0.0.0.0:0": false, ":0": false, "192.0.2.1:25": false, "mx.example.org:25": false,
	} {
		if err := checkLoopback(addr); (err == nil) != want {
			t.Errorf("%s: %v", addr, err)
		}
	}
}
