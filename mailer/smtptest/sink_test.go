package smtptest

import (
	"fmt"
	"net/smtp"
	"testing"
)

func TestSinkCountsCopies(t *testing.T) {
	s, err := StartSink(SinkOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, m := range []struct{ to, id string }{
		{"a@example.org", "1"}, {"b@example.org", "2"}, {"a@example.org", "1"}, {"b@example.org", "3"},
	} {
		message := "Subject: x\r\nmessage-id: <" + m.id + "@example.org>\r\n\r\nMessage-ID: <is@the.body>\r\n"
		addr := fmt.Sprintf("127.0.0.1:%d", s.Port())
		if err := smtp.SendMail(addr, nil, "news@example.org", []string{m.to}, []byte(message)); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.Took(); got.Messages != 4 || got.Readers != 2 || got.Strange != 1 {
		t.Errorf("took %d messages for %d readers, %d strange; want 4, 2, 1", got.Messages, got.Readers, got.Strange)
	}
}
