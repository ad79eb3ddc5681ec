package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"

	"postrider/mailer"
	"postrider/newsletter"
)

// validate checks what the types alone cannot.
func (c *Config) validate(at *locator) error {
	checks := []func(*locator) error{c.checkSite, c.checkDatabase, c.checkServer, c.checkFeed, c.checkSubscribe,
		c.checkMail, c.checkManners, c.checkTransport, c.checkDigests, c.checkTemplates}
	for _, check := range checks {
		if err := check(at); err != nil {
			return err
		}
	}
	return nil
}

func (c *Config) checkSite(at *locator) error {
	s := c.Site
	if strings.TrimSpace(s.Title) == "" {
		return at.at("site.title", "is empty; it stands in every feed and mail")
	}
	u, err := url.Parse(s.URL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return at.at("site.url", "%q is not the address of a site; write https://example.org", s.URL)
	}
	if _, err := language.Parse(s.Language); err != nil {
		return at.at("site.language", "%q is no language tag (BCP 47); write en, de, zh-Hans, …", s.Language)
	}
	return optionalAddress(at, "site.author.email", s.Author.Email)
}

func (c *Config) checkDatabase(at *locator) error {
	if strings.TrimSpace(c.Database.URL) == "" {
		return at.at("database.url", "is empty; write the path of the database file")
	}
	if strings.HasPrefix(c.Database.URL, "postgres://") || strings.HasPrefix(c.Database.URL, "postgresql://") {
		return at.at("database.url", "names a PostgreSQL server, and PostgreSQL is not built yet; write the path of a file")
	}
	return nil
}

// CheckAddress says what is wrong with an address to serve at; nil: nothing is.
func CheckAddress(address string) error {
	_, port, err := net.SplitHostPort(address)
	if err == nil && port != "" {
		_, err = net.LookupPort("tcp", port) // a number, or a name such as http
	}
	if err != nil || port == "" {
		return fmt.Errorf("%q is not host:port; write 127.0.0.1:8080", address)
	}
	return nil
}

func (c *Config) checkServer(at *locator) error {
	if err := CheckAddress(c.Server.Address); err != nil {
		return at.at("server.address", "%w", err)
	}
	if err := networks(at, "server.trusted_proxies", c.Server.TrustedProxies); err != nil {
		return err
	}
	if err := networks(at, "server.metrics_allow", c.Server.MetricsAllow); err != nil {
		return err
	}
	if c.Server.FeedRequests < 0 {
		return at.at("server.feed_requests", "is %d; write how many a minute, or 0 for no limit", c.Server.FeedRequests)
	}
	if c.Server.Connections < 1 {
		return at.at("server.connections", "is %d; write 1 or more", c.Server.Connections)
	}
	if err := oneOf(at, "server.log", c.Server.Log, "auto", "text", "json"); err != nil {
		return err
	}
	if drain := time.Duration(c.Server.Drain); drain < 0 || drain > 5*time.Minute {
		return at.at("server.drain", "is %s; write a span up to 5m", drain)
	}
	return nil
}

func networks(at *locator, key string, list []string) error {
	for i, network := range list {
		if _, err := netip.ParsePrefix(network); err != nil {
			return at.at(fmt.Sprintf("%s[%d]", key, i), "%q is no network; write 10.0.0.0/8 or 192.0.2.7/32", network)
		}
	}
	return nil
}

func (c *Config) checkFeed(at *locator) error {
	if c.Feed.Items < 1 || c.Feed.Items > 1000 {
		return at.at("feed.items", "is %d; write a number from 1 to 1000", c.Feed.Items)
	}
	if err := oneOf(at, "feed.content", c.Feed.Content, "full", "excerpt"); err != nil {
		return err
	}
	for i, hub := range c.Feed.Hubs {
		if u, err := url.Parse(hub); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			return at.at(fmt.Sprintf("feed.hubs[%d]", i), "%q is not the address of a hub; write https://hub.example.org/", hub)
		}
	}
	return nil
}

func (c *Config) checkSubscribe(at *locator) error {
	s := c.Subscribe
	if within := time.Duration(s.ConfirmWithin); within < time.Hour {
		return at.at("subscribe.confirm_within", "is %s; people need an hour at least to look into their mail", within)
	}
	for i, origin := range s.Origins {
		if browserOrigin(origin) == "" {
			return at.at(fmt.Sprintf("subscribe.origins[%d]", i), "%q is not the origin of a site; write https://example.org", origin)
		}
	}
	if s.PerClient < 1 {
		return at.at("subscribe.per_client", "is %d; write 1 or more", s.PerClient)
	}
	if s.PerHour < 1 {
		return at.at("subscribe.per_hour", "is %d; write 1 or more", s.PerHour)
	}
	return nil
}

func (c *Config) checkMail(at *locator) error {
	from, err := mailer.ParseMailbox(c.Mail.From)
	if err != nil {
		return at.at("mail.from", "%w", err)
	}
	if from.Address == "" {
		return at.at("mail.from", "is empty; write Example News <news@example.org>")
	}
	if err := optionalAddress(at, "mail.reply_to", c.Mail.ReplyTo); err != nil {
		return err
	}
	if err := optionalAddress(at, "mail.unsubscribe_address", c.Mail.UnsubscribeAddress); err != nil {
		return err
	}
	return oneOf(at, "mail.uncertain", c.Mail.Uncertain, "resend", "hold")
}

func (c *Config) checkTransport(at *locator) error {
	m := c.Mail
	if err := oneOf(at, "mail.transport", m.Transport, "maildir", "smtp"); err != nil {
		return err
	}
	if m.Transport == "maildir" {
		if m.Maildir.Path == "" {
			return at.at("mail.maildir.path", "is empty; name the folder that mail goes into")
		}
		return nil
	}
	if m.SMTP.Host == "" {
		return at.at("mail.smtp.host", "is empty; name the relay that takes your mail")
	}
	if m.SMTP.Port < 1 || m.SMTP.Port > 65535 {
		return at.at("mail.smtp.port", "is %d; 587 goes with starttls, 465 with tls", m.SMTP.Port)
	}
	if m.SMTP.Connections < 1 || m.SMTP.Connections > 200 {
		return at.at("mail.smtp.connections", "is %d; write a number from 1 to 200", m.SMTP.Connections)
	}
	if m.SMTP.MessagesPerConnection < 1 {
		return at.at("mail.smtp.messages_per_connection", "is %d; write 1 or more", m.SMTP.MessagesPerConnection)
	}
	if err := oneOf(at, "mail.smtp.security", m.SMTP.Security, "starttls", "tls", "none"); err != nil {
		return err
	}
	if m.SMTP.Security == "none" && !m.SMTP.AllowPlaintext && !mailer.Loopback(m.SMTP.Host) {
		return at.at("mail.smtp.security", "none would send mail and password in the clear to %s; use starttls, or set allow_plaintext: true", m.SMTP.Host)
	}
	return nil
}

func (c *Config) checkDigests(at *locator) error {
	c.digests = make(newsletter.Digests, len(c.Digests))
	c.places = make([]string, len(c.Digests))
	for i := range c.Digests {
		key := fmt.Sprintf("digests[%d]", i)
		if err := fillDigest(&c.Digests[i], at, key); err != nil {
			return err
		}
		var err error
		if c.digests[i], err = c.Digests[i].parse(at, key); err != nil {
			return err
		}
		c.places[i] = at.place(key)
		if err := c.digests[i].Validate(); err != nil {
			return at.at(key, "%w", err)
		}
	}
	if err := c.digests.Validate(); err != nil {
		return at.at("digests", "%w", err)
	}
	return nil
}

func (c *Config) checkTemplates(at *locator) error {
	if c.Templates.Dir == "" {
		return nil
	}
	info, err := os.Stat(c.Path(c.Templates.Dir))
	if err != nil || !info.IsDir() {
		return at.at("templates.dir", "%s is not a folder; `postrider template export %s` makes one", c.Path(c.Templates.Dir), c.Templates.Dir)
	}
	return nil
}

func optionalAddress(at *locator, key, value string) error {
	if value == "" {
		return nil
	}
	if _, err := newsletter.ParseAddress(value); err != nil {
		return at.at(key, "%q is %w", value, err)
	}
	return nil
}

func oneOf(at *locator, key, value string, choices ...string) error {
	if slices.Contains(choices, value) {
		return nil
	}
	return at.at(key, "%q is none of %s", value, strings.Join(choices, ", "))
}
