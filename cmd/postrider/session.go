package main

import (
	"bufio"
	"context"
	"log/slog"

	"github.com/spf13/cobra"

	"postrider/cmd/postrider/config"
	"postrider/mailer"
	"postrider/newsletter"
	"postrider/post"
	"postrider/scheduler"
	"postrider/store"
	"postrider/templates"
	"postrider/web"
)

// session is an app with its settings read and its database open.
type session struct {
	*app
	cfg   *config.Config
	store *store.Store
	log   *slog.Logger     // of a service; nil: that of a command
	posts *post.Renderer   // nil: not made yet
	set   *templates.Set   // nil: not read yet
	mails *mailer.Composer // nil: not made yet

	pauses  pauses        // of issues, by this session's outbox
	answers *bufio.Reader // to what was asked; one for all, for it reads ahead. nil: nothing was asked
}

// logger writes to stderr what goes on.
func (s *session) logger() *slog.Logger {
	if s.log != nil {
		return s.log
	}
	return s.app.logger()
}

// task is what a command does in a session.
type task func(ctx context.Context, s *session, args []string) error

// inSession makes a cobra RunE of a task: it reads the settings, opens the
// database, and closes it again.
func (a *app) inSession(do task) func(*cobra.Command, []string) error {
	return a.within(a.openSession, do)
}

// inStore is inSession for what has to find a database, and makes none.
func (a *app) inStore(do task) func(*cobra.Command, []string) error {
	return a.within(func(ctx context.Context, cfg *config.Config) (*session, error) {
		return a.openStore(ctx, cfg, true)
	}, do)
}

func (a *app) within(open func(context.Context, *config.Config) (*session, error), do task) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) (err error) {
		cfg, err := a.settings()
		if err != nil {
			return err
		}
		s, err := open(cmd.Context(), cfg)
		if err != nil {
			return err
		}
		defer func() {
			if closing := s.store.Close(); err == nil {
				err = closing
			}
		}()
		return do(cmd.Context(), s, args)
	}
}

func (a *app) settings() (*config.Config, error) {
	file, err := config.Find(a.configFile, a.getenv)
	if err != nil {
		return nil, err
	}
	return config.Load(file, a.getenv)
}

func (a *app) openSession(ctx context.Context, cfg *config.Config) (*session, error) {
	s, err := a.openStore(ctx, cfg, false)
	if err != nil {
		return nil, err
	}
	if _, err := s.store.SeeDigests(ctx, cfg.DigestNames(), a.now()); err != nil {
		s.store.Close()
		return nil, err
	}
	return s, nil
}

// openStore leaves the rows of the database as they are found. One that must exist is not
// made.
func (a *app) openStore(ctx context.Context, cfg *config.Config, mustExist bool) (*session, error) {
	s := &session{app: a, cfg: cfg}
	st, err := store.Open(ctx, cfg.DatabasePath(), store.Options{
		HoldUncertain: cfg.Hold(),
		Now:           a.now,
		AnyFile:       !cfg.Database.DetectCopies,
		MustExist:     mustExist,
		Warn:          func(err error) { s.logger().Warn("mail goes out all the same", "error", err) },
	})
	if err != nil {
		return nil, err
	}
	s.store = st
	return s, nil
}

// renderer is made once: it takes a while to learn what HTML is safe.
func (s *session) renderer() *post.Renderer {
	if s.posts == nil {
		s.posts = post.NewRenderer(s.cfg.SiteURL())
	}
	return s.posts
}

// templates reads the templates once.
func (s *session) templates() (_ *templates.Set, err error) {
	if s.set == nil {
		s.set, err = templates.Load(s.cfg.TemplatesDir())
	}
	return s.set, err
}

// composer is made once too: a service needs it for issues and for notices.
func (s *session) composer() (*mailer.Composer, error) {
	if s.mails != nil {
		return s.mails, nil
	}
	set, err := s.templates()
	if err != nil {
		return nil, err
	}
	s.mails, err = mailer.NewComposer(set, s.cfg.Identity())
	return s.mails, err
}

func (s *session) cutter() (*scheduler.Cutter, error) {
	composer, err := s.composer()
	if err != nil {
		return nil, err
	}
	if err := checkDigests(s.cfg, composer); err != nil { // now, and not in the middle of a send
		return nil, err
	}
	return &scheduler.Cutter{
		Posts:      s.store,
		Windows:    s.store,
		Recipients: s.store,
		Renderer:   s.renderer(),
		Composer:   composer,
		Now:        s.now,
	}, nil
}

func (s *session) personalizer(ctx context.Context) (mailer.Personalizer, error) {
	secret, err := s.store.Secret(ctx)
	if err != nil {
		return mailer.Personalizer{}, err
	}
	keys, err := newsletter.NewKeyring(secret)
	return mailer.Personalizer{Keys: keys}, err
}

func (s *session) notifier(ctx context.Context) (mailer.Notifier, error) {
	composer, err := s.composer()
	if err != nil {
		return mailer.Notifier{}, err
	}
	p, err := s.personalizer(ctx)
	return mailer.Notifier{Composer: composer, Keys: p.Keys, Queue: s.store, ConfirmWithin: s.cfg.ConfirmWithin()}, err
}

func (s *session) webParts(ctx context.Context) (web.Parts, error) {
	set, err := s.templates()
	if err != nil {
		return web.Parts{}, err
	}
	notifier, err := s.notifier(ctx)
	return web.Parts{
		Store:     s.store,
		Renderer:  s.renderer(),
		Library:   s.library(web.FeedStyle(s.cfg.SiteURL())),
		Templates: set,
		Notifier:  notifier,
		Sources:   s.cfg.Dir(),
		Static:    s.cfg.Path(s.cfg.Server.Static),
		Now:       s.now,
		Log:       s.logger(),
	}, err
}

func (s *session) transport() (mailer.Transport, error) {
	if s.cfg.Mail.Transport == "maildir" {
		return mailer.NewMaildir(s.cfg.Path(s.cfg.Mail.Maildir.Path)), nil
	}
	return mailer.NewSMTP(s.cfg.SMTP())
}
