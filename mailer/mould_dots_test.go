package mailer

import (
	"bytes"
	"io"
	"mime/quotedprintable"
	"strings"
	"testing"
)

// Texts full of dots are read as they were, no line begins with one, and none is too long.
func TestDotsAreHidden(t *testing.T) {
	for _, text := range []string{
		".", "..", ".\n..\n...\n", "a.b", "\n.\n", ".=", ". \n",
		strings.Repeat(".", 500), strings.Repeat("x", 74) + ".\n." + strings.Repeat("y", 73) + ".z",
		"." + strings.Repeat("y", 72), "." + strings.Repeat("y", 73), "." + strings.Repeat("y", 74), "." + strings.Repeat("y", 75),
	} {
		name := slot{field: fieldName, context: asText, fallback: "."}
		qp := qpPart([]piece{{text: text}, {slot: name}, {text: text}})
		m, err := ParseMould(append([]byte("To: \x01to;header;\x02\r\nMessage-ID: <\x01message;header;\x02@a.example>\r\n\r\n"), append(qp, "\r\n"...)...))
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		message := m.AppendTo(nil, Personal{To: "a@a.example", Name: strings.Repeat(".", 99)})
		if !m.dotless || !bytes.Equal(appendDotted(nil, message), message) {
			t.Errorf("%q: dotless is %v for %q", text, m.dotless, message)
		}
		_, body, _ := bytes.Cut(message, []byte("\r\n\r\n"))
		for line := range bytes.Lines(body) {
			if len(line) > lineWidth+2 {
				t.Errorf("%q: %q is longer than %d", text, line, lineWidth)
			}
		}
		read, err := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(body)))
		want := text + strings.Repeat(".", 99) + text + "\n"
		if got := strings.ReplaceAll(string(read), "\r\n", "\n"); err != nil || got != want {
			t.Errorf("%q is read as %q, %v", want, got, err)
		}
	}
}

// A mould frozen before dots were hidden is known as one that has some.
func TestDotsAreKnown(t *testing.T) {
	head := "To: \x01to;header;\x02\r\nMessage-ID: <\x01message;header;\x02@a.example>\r\n"
	for body, want := range map[string]bool{
		"\r\nx.\r\n":                            true,
		"\r\nx":                                 false, // the last line has no end
		"\r\n.x\r\n":                            false,
		"\r\n=\r\n\x01name;text;\x02.x\r\n":     false,
		"\r\n=\r\n\x01name;text;\x02x.\r\n":     true,
		"\r\n\x03.x\r\n\x01name;text;\x02.\x04": true,
		"X: y\r\n.: z\r\n\r\nx\r\n":             false,
	} {
		m, err := ParseMould([]byte(head + body))
		if err != nil {
			t.Fatal(err)
		}
		if m.dotless != want {
			t.Errorf("%q: dotless is %v", body, m.dotless)
		}
		message := m.AppendTo(nil, Personal{To: "a@a.example", Name: "."})
		if m.dotless && !bytes.Equal(appendDotted(nil, message), message) {
			t.Errorf("%q is not dotless: %q", body, message)
		}
	}
}
