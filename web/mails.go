package web

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"slices"
	"strings"
	"time"
)

// maxMail is the most octets of a mail that are read: no mail of ours comes near.
const maxMail = 8 << 20

// MailLineView is a mail of a demonstration in a list.
type MailLineView struct {
	Name    string // of its file, without a mail program's flags
	Path    string // of its page
	To      string
	Subject string
	Date    time.Time
}

// MailsView is the outbox of a demonstration (mails.html).
type MailsView struct{ Mails []MailLineView }

// listMails reads a Maildir: new mail, and what a mail program has seen. The
// newest comes first. A folder that is not there has no mail.
func listMails(outbox string) ([]MailLineView, error) {
	root, err := os.OpenRoot(outbox)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open outbox: %w", err)
	}
	defer root.Close()
	var lines []MailLineView
	for name, file := range mailFiles(root.FS()) {
		data, err := readMail(root.FS(), file)
		if errors.Is(err, fs.ErrNotExist) {
			continue // a mail program has moved it just now
		}
		if err != nil {
			return nil, err
		}
		lines = append(lines, takeApart(name, data).MailLineView)
	}
	slices.SortFunc(lines, func(a, b MailLineView) int {
		return cmp.Or(b.Date.Compare(a.Date), cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.To, b.To), cmp.Compare(a.Name, b.Name))
	})
	return lines, nil
}

// mailFiles maps the names of mails to their files.
func mailFiles(box fs.FS) map[string]string {
	found := map[string]string{}
	for _, folder := range []string{"cur", "new"} {
		entries, err := fs.ReadDir(box, folder)
		if err != nil {
			continue // a Maildir in the making
		}
		for _, e := range entries {
			if e.Type().IsRegular() && !strings.HasPrefix(e.Name(), ".") {
				name, _, _ := strings.Cut(e.Name(), ":") // flags follow
				found[name] = path.Join(folder, e.Name())
			}
		}
	}
	return found
}

func readMail(box fs.FS, file string) ([]byte, error) {
	f, err := box.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxMail))
}

// findMail reads the mail with a name. The name is looked up in what lies in the
// outbox and never made part of a path.
func (s *Server) findMail(name string) ([]byte, error) {
	root, err := os.OpenRoot(s.Outbox)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	file, ok := mailFiles(root.FS())[name]
	if !ok {
		return nil, notFound("no_mail")
	}
	return readMail(root.FS(), file)
}

// outbox lists the mails with their pages; none for a site that is no demonstration.
func (s *Server) outbox() ([]MailLineView, error) {
	if s.Outbox == "" {
		return nil, nil
	}
	lines, err := listMails(s.Outbox)
	for i := range lines {
		lines[i].Path = s.path("mails", lines[i].Name)
	}
	return lines, err
}

func (s *Server) mails(w http.ResponseWriter, _ *http.Request) error {
	lines, err := s.outbox()
	if err != nil {
		return err
	}
	return s.show(w, http.StatusOK, "mails", Page{Title: s.word("mails"), Private: true, Body: MailsView{lines}})
}

func (s *Server) mail(w http.ResponseWriter, r *http.Request) error {
	data, err := s.findMail(r.PathValue("name"))
	if err != nil {
		return err
	}
	m := takeApart(r.PathValue("name"), data)
	m.Path = s.path("mails", m.Name)
	return s.show(w, http.StatusOK, "mail", Page{Title: m.Subject, Private: true, Body: m})
}

// mailHTML is what the frame of a mail's page shows. Its links open beside it.
func (s *Server) mailHTML(w http.ResponseWriter, r *http.Request) error {
	data, err := s.findMail(r.PathValue("name"))
	if err != nil {
		return err
	}
	m := takeApart(r.PathValue("name"), data)
	if m.HTML == "" {
		return notFound("no_mail")
	}
	return foreign(strings.Replace(m.HTML, "<head>", `<head><base target="_blank">`, 1)).serve(w, r)
}

func (s *Server) mailSource(w http.ResponseWriter, r *http.Request) error {
	data, err := s.findMail(r.PathValue("name"))
	if err != nil {
		return err
	}
	return newAsset("text/plain; charset=utf-8", data).serve(w, r)
}
