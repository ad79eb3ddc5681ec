package main

import (
	"fmt"
	"net"
	"strings"

	"postrider/cmd/postrider/config"
	"postrider/mailer"
)

// trialSettings says which settings are those of a trial on one's own machine, with
// which the mail of a site that others visit reaches nobody or leads nowhere.
func trialSettings(cfg *config.Config) (list []string) {
	if cfg.Mail.Transport == "maildir" {
		list = append(list, fmt.Sprintf("mail.transport maildir leaves all mail in %s", cfg.Path(cfg.Mail.Maildir.Path)))
	}
	if u := cfg.SiteURL(); mailer.Loopback(u.Hostname()) {
		list = append(list, fmt.Sprintf("site.url %s leads readers to their own machine", u))
	}
	if from := string(cfg.From().Address); reserved(from) {
		list = append(list, fmt.Sprintf("mail.from %s is nobody's address", from))
	}
	return list
}

// mailsOthers tells whether mail reaches people: through a relay elsewhere, or through
// a mail server of this machine, on a port that belongs to one (RFC 5321, section 4.5.4.2;
// RFC 6409; RFC 8314). What listens here on another port keeps mail to be looked at.
func mailsOthers(cfg *config.Config) bool {
	smtp := cfg.Mail.SMTP
	return cfg.Mail.Transport == "smtp" &&
		(!mailer.Loopback(smtp.Host) || smtp.Port == 25 || smtp.Port == 465 || smtp.Port == 587)
}

// warnOfTrialMail says before a list is mailed what its readers cannot use.
func (s *session) warnOfTrialMail() {
	if !mailsOthers(s.cfg) {
		return
	}
	for _, words := range trialSettings(s.cfg) {
		s.warn("%s; set it first, see `postrider doctor`", words)
	}
}

// visited tells whether a site that is served at these addresses is for others: by
// itself, or by its own address through a proxy.
func visited(cfg *config.Config, addresses ...string) bool {
	for _, address := range addresses {
		host, _, err := net.SplitHostPort(address) // a Unix socket has none
		if err == nil && !mailer.Loopback(host) {
			return true
		}
	}
	host := cfg.SiteURL().Hostname()
	return !mailer.Loopback(host) && !reserved("@"+host)
}

// warnOfTrial says at the start of a service what keeps its visitors from mail.
func (s *session) warnOfTrial(addresses []string) {
	if len(addresses) == 0 || !visited(s.cfg, addresses...) {
		return
	}
	if list := trialSettings(s.cfg); len(list) > 0 {
		s.log.Warn("others can visit this site, and these settings are for a trial: "+strings.Join(list, "; ")+
			". Change them before people subscribe, and see `postrider doctor --mail`", "settings", s.cfg.File)
	}
}
