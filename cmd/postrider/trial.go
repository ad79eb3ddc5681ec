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
