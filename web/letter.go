package web

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
)

// maxParts ends a multipart that never ends.
const maxParts = 100

// MailView is one mail of a demonstration, taken apart (mail.html).
type MailView struct {
	MailLineView
	Header []FieldView
	Text   string
	HTML   string
}

// FieldView is a field of a mail's header.
type FieldView struct{ Name, Value string }

// takeApart reads what it can of a mail (RFC 5322, MIME). It shows a broken one as
// far as it goes: this is a look at the outbox, not a judge of it.
func takeApart(name string, data []byte) MailView {
	page := MailView{MailLineView: MailLineView{Name: name, Subject: "(unreadable)"}}
	msg, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		page.Text = string(data)
		return page
	}
	page.Subject = cmp.Or(decoded(msg.Header.Get("Subject")), "(no subject)")
	page.To = decoded(msg.Header.Get("To"))
	if date, err := msg.Header.Date(); err == nil {
		page.Date = date
	}
	page.Header = headerFields(data)
	page.addBody(msg.Header.Get("Content-Type"), msg.Header.Get("Content-Transfer-Encoding"), msg.Body, maxParts)
	return page
}

// addBody keeps the first text and the first HTML that are in a body.
func (m *MailView) addBody(contentType, encoding string, body io.Reader, parts int) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		kind = "text/plain"
	}
	if strings.HasPrefix(kind, "multipart/") && params["boundary"] != "" {
		r := multipart.NewReader(body, params["boundary"])
		for ; parts > 0; parts-- {
			part, err := r.NextRawPart()
			if err != nil {
				return
			}
			m.addBody(part.Header.Get("Content-Type"), part.Header.Get("Content-Transfer-Encoding"), part, parts/2)
		}
		return
	}
	text, err := io.ReadAll(transferDecoded(encoding, body))
	if err != nil && len(text) == 0 {
		return
	}
	switch {
	case kind == "text/html" && m.HTML == "":
		m.HTML = string(text)
	case kind == "text/plain" && m.Text == "":
		m.Text = string(text)
	}
}

func transferDecoded(encoding string, body io.Reader) io.Reader {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "quoted-printable":
		return quotedprintable.NewReader(body)
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, body)
	}
	return body
}

// headerFields lists the fields as they stand, in their order, unfolded and with
// encoded words read.
func headerFields(data []byte) []FieldView {
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	head, _, _ := bytes.Cut(data, []byte("\n\n"))
	var fields []FieldView
	for line := range strings.Lines(string(head)) {
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") {
			if n := len(fields); n > 0 {
				fields[n-1].Value += " " + strings.TrimSpace(line)
			}
			continue
		}
		name, value, _ := strings.Cut(line, ":")
		fields = append(fields, FieldView{name, strings.TrimSpace(value)})
	}
	for i := range fields {
		fields[i].Value = decoded(fields[i].Value)
	}
	return fields
}

// decoded reads encoded words (RFC 2047); what cannot be read stays as it is.
func decoded(value string) string {
	text, err := new(mime.WordDecoder).DecodeHeader(value)
	if err != nil {
		return value
	}
	return text
}
