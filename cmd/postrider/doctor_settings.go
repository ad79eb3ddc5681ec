package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"postrider/cmd/postrider/config"
	"postrider/mailer"
)

// settings finds what is allowed and yet seldom meant.
func (e *examination) settings(cfg *config.Config) {
	const check = "settings"
	u := cfg.SiteURL()
	outside := mailsOthers(cfg)
	switch {
	case outside && mailer.Loopback(u.Hostname()):
		e.bad(check, "set site.url to the address under which readers reach the site",
			"site.url is %s: every link in your mails leads readers to their own machine", u)
	case outside && u.Scheme != "https":
		e.doubt(check, "serve the site by https and set site.url to that",
			"site.url is %s: mailbox providers show no unsubscribe button for a site without https (RFC 8058)", u)
	}
	if from := string(cfg.From().Address); outside && reserved(from) {
		e.bad(check, "set mail.from to an address of your own domain", "mail.from is still %s, which is nobody's", from)
	}
	if outside && strings.TrimSpace(cfg.Site.PostalAddress) == "" {
		e.doubt(check, "set site.postal_address", "no postal address stands at the foot of your mails; the law asks for one in many countries")
	}
	if !outside && visited(cfg, cfg.Server.Address) {
		for _, words := range trialSettings(cfg) {
			e.doubt(check, "set it before people subscribe", "others can visit this site, and %s", words)
		}
	}
	e.unlessFound(check, "%s", cfg.File)
}

// reserved tells an address that can belong to nobody (RFC 2606).
func reserved(address string) bool {
	_, domain, _ := strings.Cut(address, "@")
	for _, d := range []string{"example.org", "example.com", "example.net", "example", "invalid", "test", "localhost"} {
		if domain == d || strings.HasSuffix(domain, "."+d) {
			return true
		}
	}
	return false
}

// secrets finds files with passwords or addresses that others may read.
func (e *examination) secrets(cfg *config.Config) {
	const check = "secrets"
	if runtime.GOOS == "windows" {
		return // who may read a file stands elsewhere there
	}
	files := []string{cfg.DatabasePath(), cfg.DatabasePath() + "-wal"}
	if password := cfg.Mail.SMTP.PasswordFile; password != "" {
		files = append(files, cfg.Path(password))
	} else if cfg.Mail.SMTP.Password != "" {
		files = append(files, cfg.File)
	}
	for _, file := range files {
		info, err := os.Stat(file)
		switch {
		case errors.Is(err, fs.ErrNotExist): // what must exist is asked for elsewhere
		case err != nil:
			e.doubt(check, "look at the permissions of its folder", "%v", err)
		case info.Mode().Perm()&0o007 != 0:
			e.doubt(check, "chmod o-rwx "+file, "everybody on this machine may read %s (mode %o)", filepath.Base(file), info.Mode().Perm())
		}
	}
	e.unlessFound(check, "only their owner and group may read them")
}

func (e *examination) templates(cfg *config.Config) {
	set, err := checkTemplates(cfg)
	if err != nil {
		e.bad("templates", "mend it; `postrider template check` looks again", "%v", err)
		return
	}
	if words := foreignWords(cfg, set); words != "" {
		e.doubt("templates", "write words/"+cfg.Site.Language+".toml in templates.dir, as `postrider template export` shows it", "%s", words)
		return
	}
	where := "the built-in ones"
	if dir := cfg.TemplatesDir(); dir != "" {
		where = dir
	}
	e.ok("templates", "%s", where)
}

// How much room is too little: for what a few hours may bring, and for the next commit.
const (
	littleRoom = 200 << 20
	noRoom     = 10 << 20
)

// disk looks for room where the database is. A copy of the database has to fit as
// well: a backup, or what SQLite makes to shrink it.
func (e *examination) disk(cfg *config.Config, room func(string) (int64, error)) {
	const check = "disk"
	if room == nil {
		room = roomAt
	}
	path := cfg.DatabasePath()
	free, err := room(filepath.Dir(path))
	if err != nil {
		e.doubt(check, "see that the folder exists and is a local disk", "the room at %s is not known: %v", filepath.Dir(path), err)
		return
	}
	var size int64
	if info, err := os.Stat(path); err == nil {
		size = info.Size()
	}
	switch {
	case free < noRoom:
		e.bad(check, "free some; what finds no room is not done, and nothing is lost", "only %s are free at %s", octets(free), filepath.Dir(path))
	case free < littleRoom+size:
		e.doubt(check, "free some, or prune old issues: postrider issue prune", "only %s are free at %s; the database has %s", octets(free), filepath.Dir(path), octets(size))
	default:
		e.ok(check, "%s are free, the database has %s", octets(free), octets(size))
	}
}
