package main

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
)

// holds tells whether a message is to this address and has each of the texts in
// its subject or in its parts, as a reader would see them.
func holds(message []byte, to string, texts []string) bool {
	m, err := mail.ReadMessage(bytes.NewReader(message))
	if err != nil || !strings.Contains(m.Header.Get("To"), to) {
		return false
	}
	seen, err := readable(m)
	if err != nil {
		return false
	}
	for _, text := range texts {
		if !strings.Contains(seen, text) {
			return false
		}
	}
	return true
}

// readable decodes all that a reader of a message could see.
func readable(m *mail.Message) (string, error) {
	var b strings.Builder
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		return "", err
	}
	b.WriteString(subject + "\n")
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return "", err
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for {
		p, err := parts.NextRawPart()
		if err == io.EOF {
			return b.String(), nil
		}
		if err != nil {
			return "", err
		}
		var body io.Reader = p
		switch p.Header.Get("Content-Transfer-Encoding") {
		case "quoted-printable":
			body = quotedprintable.NewReader(p)
		case "base64":
			body = base64.NewDecoder(base64.StdEncoding, p)
		}
		if _, err := io.Copy(&b, body); err != nil {
			return "", err
		}
	}
}

// addressee is the address that a message is to; "" if it names none, or several.
func addressee(message []byte) string {
	m, err := mail.ReadMessage(bytes.NewReader(message))
	if err != nil {
		return ""
	}
	to, err := m.Header.AddressList("To")
	if err != nil || len(to) != 1 {
		return ""
	}
	return to[0].Address
}
