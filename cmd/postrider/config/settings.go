// Package config reads the settings: the file, the environment over it, and the
// defaults beneath, which are the values in config.yaml at the top of the
// repository. It refuses what it does not know, says where, and hands each room a
// struct of that room's own. It is the only place that knows viper.
package config

import (
	"fmt"
	"io"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/viper"
)

// Settings is config.yaml as Go values.
type Settings struct {
	Site      Site      `yaml:"site" json:"site"`
	Database  Database  `yaml:"database" json:"database"`
	Server    Server    `yaml:"server" json:"server"`
	Feed      Feed      `yaml:"feed" json:"feed"`
	Subscribe Subscribe `yaml:"subscribe" json:"subscribe"`
	Mail      Mail      `yaml:"mail" json:"mail"`
	Digests   []Digest  `yaml:"digests" json:"digests"`
	Templates Templates `yaml:"templates" json:"templates"`
}

// Site is who publishes.
type Site struct {
	Title         string `yaml:"title" json:"title"`
	Description   string `yaml:"description" json:"description"`
	URL           string `yaml:"url" json:"url"`
	Language      string `yaml:"language" json:"language"`
	Author        Author `yaml:"author" json:"author"`
	PostalAddress string `yaml:"postal_address" json:"postal_address"`
}

// Author is the author of posts that name none.
type Author struct {
	Name  string `yaml:"name" json:"name"`
	Email string `yaml:"email" json:"email"`
}

// Database is where everything is kept.
type Database struct {
	URL          string `yaml:"url" json:"url"`
	DetectCopies bool   `yaml:"detect_copies" json:"detect_copies"`
}

// Server is where pages and feeds are served.
type Server struct {
	Address        string   `yaml:"address" json:"address"`
	TrustedProxies []string `yaml:"trusted_proxies" json:"trusted_proxies"`
	MetricsAllow   []string `yaml:"metrics_allow" json:"metrics_allow"`
	FeedRequests   int      `yaml:"feed_requests" json:"feed_requests"`
	Connections    int      `yaml:"connections" json:"connections"`
	Drain          Duration `yaml:"drain" json:"drain"`
	Static         string   `yaml:"static" json:"static"`
	Log            string   `yaml:"log" json:"log"`
}

// Feed is what feeds hold.
type Feed struct {
	Items   int      `yaml:"items" json:"items"`
	Content string   `yaml:"content" json:"content"`
	MaxAge  Duration `yaml:"max_age" json:"max_age"`
	Hubs    []string `yaml:"hubs" json:"hubs"`
}

// Subscribe is how readers join on the site.
type Subscribe struct {
	Consent       string   `yaml:"consent" json:"consent"`
	ConfirmWithin Duration `yaml:"confirm_within" json:"confirm_within"`
	Welcome       bool     `yaml:"welcome" json:"welcome"`
	Origins       []string `yaml:"origins" json:"origins"`
	PerClient     int      `yaml:"per_client" json:"per_client"`
	PerHour       int      `yaml:"per_hour" json:"per_hour"`
}

// Mail is who sends, and by which road.
type Mail struct {
	From               string   `yaml:"from" json:"from"`
	ReplyTo            string   `yaml:"reply_to" json:"reply_to"`
	UnsubscribeAddress string   `yaml:"unsubscribe_address" json:"unsubscribe_address"`
	Transport          string   `yaml:"transport" json:"transport"`
	Maildir            Maildir  `yaml:"maildir" json:"maildir"`
	SMTP               SMTP     `yaml:"smtp" json:"smtp"`
	Rate               Rate     `yaml:"rate" json:"rate"`
	PerDomain          Domain   `yaml:"per_domain" json:"per_domain"`
	Uncertain          string   `yaml:"uncertain" json:"uncertain"`
	BackdateLimit      Duration `yaml:"backdate_limit" json:"backdate_limit"`
}

// Maildir is the folder that mail goes into without a relay.
type Maildir struct {
	Path string `yaml:"path" json:"path"`
}

// SMTP is the relay.
type SMTP struct {
	Host                  string `yaml:"host" json:"host"`
	Port                  int    `yaml:"port" json:"port"`
	Security              string `yaml:"security" json:"security"`
	AllowPlaintext        bool   `yaml:"allow_plaintext" json:"allow_plaintext"`
	Username              string `yaml:"username" json:"username"`
	Password              Secret `yaml:"password" json:"password"`
	PasswordFile          string `yaml:"password_file" json:"password_file"`
	Connections           int    `yaml:"connections" json:"connections"`
	MessagesPerConnection int    `yaml:"messages_per_connection" json:"messages_per_connection"`
}

// Rate is how much mail goes out in a span of time.
type Rate struct {
	Messages int      `yaml:"messages" json:"messages"`
	Per      Duration `yaml:"per" json:"per"`
}

// Domain is how much of it goes to one domain.
type Domain struct {
	Connections int      `yaml:"connections" json:"connections"`
	Messages    int      `yaml:"messages" json:"messages"`
	Per         Duration `yaml:"per" json:"per"`
}

// Digest is one schedule.
type Digest struct {
	Name     string   `yaml:"name" json:"name"`
	Cadence  string   `yaml:"cadence" json:"cadence"`
	Day      string   `yaml:"day" json:"day"`
	At       string   `yaml:"at" json:"at"`
	Timezone string   `yaml:"timezone" json:"timezone"`
	Subject  string   `yaml:"subject" json:"subject"`
	Content  string   `yaml:"content" json:"content"`
	Template string   `yaml:"template" json:"template"`
	CatchUp  Duration `yaml:"catch_up" json:"catch_up"`
	Delay    Duration `yaml:"delay" json:"delay"`
}

// Templates is where the user's own are.
type Templates struct {
	Dir string `yaml:"dir" json:"dir"`
}

// Secret is a value that is never printed.
type Secret string

// MarshalText hides the secret and tells only that there is one.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// String hides the secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "(hidden)"
}

// Format hides the secret from every verb, also from %#v and mistaken ones.
func (s Secret) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, s.String())
}

// decoder goes by the tags that the settings are printed by, and lets text
// become the types above, also from the environment.
func decoder() viper.DecoderConfigOption {
	return func(c *mapstructure.DecoderConfig) {
		c.TagName = "yaml"
		c.DecodeHook = mapstructure.TextUnmarshallerHookFunc()
	}
}
