package mailer

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
)

// Parts fills the mould and reads its text and HTML as a mail client shows
// them, for previews. Lines end with LF.
func (m *Mould) Parts(p Personal) (text, html string, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("read parts of a message: %w", err)
		}
	}()
	msg, err := mail.ReadMessage(bytes.NewReader(m.AppendTo(nil, p)))
	if err != nil {
		return "", "", err
	}
	_, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil {
		return "", "", err
	}
	r := multipart.NewReader(msg.Body, params["boundary"])
	var bodies [2]string
	for i := range bodies {
		part, err := r.NextRawPart()
		if err != nil {
			return "", "", err
		}
		b, err := io.ReadAll(decoder(part))
		if err != nil {
			return "", "", err
		}
		bodies[i] = strings.ReplaceAll(string(b), "\r\n", "\n")
	}
	return bodies[0], bodies[1], nil
}

func decoder(p *multipart.Part) io.Reader {
	if p.Header.Get("Content-Transfer-Encoding") == "base64" {
		return base64.NewDecoder(base64.StdEncoding, p)
	}
	return quotedprintable.NewReader(p)
}
