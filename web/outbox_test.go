package web

import (
	"context"
	"path/filepath"
	"time"

	"postrider/mailer"
)

// deliver works the outbox until it is idle and gives the mails that went out.
func (h *house) deliver() []MailView {
	h.t.Helper()
	dir := filepath.Join(h.dir, "outbox")
	before, err := listMails(dir)
	h.ok(err)
	seen := map[string]bool{}
	for _, m := range before {
		seen[m.Name] = true
	}
	self, err := mailer.Self()
	h.ok(err)
	filler := &mailer.Filler{Moulds: h.store, Personalizer: mailer.Personalizer{Keys: h.keys()}, ReturnPath: "news@example.org"}
	box := &mailer.Outbox{Queue: h.store, Ledger: h.store, Transport: mailer.NewMaildir(dir), Fill: filler.Fill, Connections: 1,
		Process: self, Now: func() time.Time { return h.now }, Log: h.log, Patience: time.Second}
	ctx := h.t.Context()
	h.ok(box.Run(ctx, func(ctx context.Context) (bool, error) {
		tally, err := h.store.Tally(ctx, "")
		return tally.Idle(), err
	}))
	lines, err := listMails(dir)
	h.ok(err)
	var mails []MailView
	s := &Server{Parts: Parts{Outbox: dir}}
	for _, line := range lines {
		if !seen[line.Name] {
			data, err := s.findMail(line.Name)
			h.ok(err)
			mails = append(mails, takeApart(line.Name, data))
		}
	}
	return mails
}
