package config

import (
	"cmp"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"golang.org/x/text/language"

	"postrider/feed"
	"postrider/mailer"
	"postrider/newsletter"
	"postrider/post"
	"postrider/web"
)

// generator names the program in feeds.
const generator = "Postrider"

// SiteURL is where readers reach the site.
func (c *Config) SiteURL() *url.URL {
	u, err := url.Parse(c.Site.URL)
	if err != nil {
		panic("config: site.url was not validated: " + err.Error())
	}
	u.Path = strings.TrimRight(u.Path, "/")
	return u
}

// DatabasePath is the database file, or the URL of a server as it was given.
func (c *Config) DatabasePath() string {
	if strings.Contains(c.Database.URL, "://") {
		return c.Database.URL
	}
	return c.Path(c.Database.URL)
}

// TemplatesDir is the folder of the user's templates; "" if there is none.
func (c *Config) TemplatesDir() string { return c.Path(c.Templates.Dir) }

// Hold tells whether uncertain deliveries wait for the operator.
func (c *Config) Hold() bool { return c.Mail.Uncertain == "hold" }

// BackdateLimit is how far back a post may be dated and still be mailed.
func (c *Config) BackdateLimit() time.Duration { return time.Duration(c.Mail.BackdateLimit) }

// ConfirmWithin is how long the link in a confirmation is good.
func (c *Config) ConfirmWithin() time.Duration { return time.Duration(c.Subscribe.ConfirmWithin) }

// NewsletterDigests are the configured digests.
func (c *Config) NewsletterDigests() newsletter.Digests { return c.digests }

// DigestPlace says where the i-th of them is written, for errors: file and line.
func (c *Config) DigestPlace(i int) string { return c.places[i] }

// DigestNames lists the configured digests by name.
func (c *Config) DigestNames() []string {
	names := make([]string, len(c.digests))
	for i, d := range c.digests {
		names[i] = d.Name
	}
	return names
}

// From is who mail is from.
func (c *Config) From() mailer.Mailbox {
	from, err := mailer.ParseMailbox(c.Mail.From)
	if err != nil {
		panic("config: mail.from was not validated: " + err.Error())
	}
	return from
}

func (c *Config) author() post.Author {
	return post.Author{Name: c.Site.Author.Name, Email: c.Site.Author.Email}
}

func (c *Config) language() string {
	tag, err := language.Parse(c.Site.Language)
	if err != nil {
		panic("config: site.language was not validated: " + err.Error())
	}
	return tag.String()
}

// FeedSite is the site as feeds name it.
func (c *Config) FeedSite() feed.Site {
	return feed.Site{
		Title:       c.Site.Title,
		Description: c.Site.Description,
		Language:    c.language(),
		URL:         c.SiteURL(),
		Author:      c.author(),
		Hubs:        c.Feed.Hubs,
		TTL:         time.Duration(c.Feed.MaxAge),
		Generator:   generator,
	}
}

// Web is what the public face needs to know.
func (c *Config) Web() web.Config {
	return web.Config{
		Site:          c.FeedSite(),
		FeedRequests:  c.Server.FeedRequests,
		PostalAddress: c.Site.PostalAddress,

		Digests: c.digests,
		SignUps: web.SignUps{
			Consent:   c.Subscribe.Consent,
			Welcome:   c.Subscribe.Welcome,
			Origins:   browserOrigins(c.Subscribe.Origins),
			PerClient: c.Subscribe.PerClient,
			PerHour:   c.Subscribe.PerHour,
		},

		TrustedProxies: prefixes("server.trusted_proxies", c.Server.TrustedProxies),
		MetricsAllow:   prefixes("server.metrics_allow", c.Server.MetricsAllow),
		Connections:    c.Server.Connections,
	}
}

func prefixes(key string, networks []string) []netip.Prefix {
	list := make([]netip.Prefix, len(networks))
	for i, network := range networks {
		prefix, err := netip.ParsePrefix(network)
		if err != nil {
			panic("config: " + key + " was not validated: " + err.Error())
		}
		list[i] = prefix.Masked()
	}
	return list
}

// Identity is who mails.
func (c *Config) Identity() mailer.Identity {
	id := mailer.Identity{
		Site: mailer.Site{
			Title:         c.Site.Title,
			Description:   c.Site.Description,
			URL:           c.SiteURL(),
			Language:      c.language(),
			Author:        c.author(),
			PostalAddress: c.Site.PostalAddress,
		},
		From: c.From(),
	}
	if c.Mail.ReplyTo != "" {
		id.ReplyTo = mailer.Mailbox{Address: c.address(c.Mail.ReplyTo)}
	}
	id.Unsubscribe = c.address(cmp.Or(c.Mail.UnsubscribeAddress, c.Mail.ReplyTo, string(c.From().Address)))
	return id
}

func (c *Config) address(s string) newsletter.Address {
	a, err := newsletter.ParseAddress(s)
	if err != nil {
		panic("config: an address was not validated: " + err.Error())
	}
	return a
}

// SMTP is how to reach the relay.
func (c *Config) SMTP() mailer.SMTPConfig {
	s := c.Mail.SMTP
	return mailer.SMTPConfig{
		Host:           s.Host,
		Port:           s.Port,
		Security:       mailer.Security(s.Security),
		Username:       s.Username,
		Password:       string(s.Password),
		AllowPlaintext: s.AllowPlaintext,
		MaxMessages:    s.MessagesPerConnection,
	}
}
