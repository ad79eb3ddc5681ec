package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"postrider/cmd/postrider/config"
)

// Every fault is told by its place, what is wrong, and where it can be said, what
// to write instead. FILE stands for the path of the file, DIR for its folder.
func TestFaults(t *testing.T) {
	for _, c := range []struct{ text, says string }{
		// keys
		{"fede: {items: 3}", "FILE:1: fede: there is no such setting; did you mean feed?"},
		{"mail:\n  smpt:\n    port: 25", "FILE:2: mail.smpt: there is no such setting; did you mean smtp?"},
		{"site:\n  author:\n    # who\n    nmae: x", "FILE:4: site.author.nmae: there is no such setting; did you mean name?"},
		{"digests:\n  - {cadence: weekly}\n  - {cadense: daily}", "FILE:3: digests[1].cadense: there is no such setting; did you mean cadence?"},
		{"templates: {colour: red}", "FILE:1: templates.colour: there is no such setting; known here: dir"},
		{"site.title: x", "FILE:1: site.title: there is no such setting; known here: site, database, server, feed, subscribe, mail, digests, templates"},
		{"1: x", "FILE:1: 1: there is no such setting; known here: site, database, server, feed, subscribe, mail, digests, templates"},
		{"site: {<<: {title: x}}", "FILE:1: site.<<: there is no such setting; known here: title, description, url, language, author, postal_address"},
		{"site:\n  title: a\n  title: b", "FILE:3: site.title: stands in line 2 before; keep one of them"},
		{"site: {title: a}\nSite: {title: b}", "FILE:2: site: stands in line 1 before; keep one of them"},
		{"site: {title: a}\n\nsite:", "FILE:3: site: stands in line 1 before; keep one of them"},

		// kinds
		{"hello", "FILE:1: is a single value; it has to be a group of settings"},
		{"- site", "FILE:1: is a list; it has to be a group of settings"},
		{"site: x", "FILE:1: site: is a single value; it has to be a group of settings"},
		{"mail:\n  smtp: [a]", "FILE:2: mail.smtp: is a list; it has to be a group of settings"},
		{"digests: {cadence: weekly}", "FILE:1: digests: is a group of settings; it has to be a list"},
		{"digests: weekly", "FILE:1: digests: is a single value; it has to be a list"},
		{"digests:\n  - weekly", "FILE:2: digests[0]: is a single value; it has to be a group of settings"},
		{"digests:\n  -", "FILE:2: digests[0]: is empty; fill it in or take it away"},
		{"site: {title: [a]}", "FILE:1: site.title: is a list; it has to be a single value"},
		{"site:\n  title:\n    en: a", "FILE:2: site.title: is a group of settings; it has to be a single value"},
		{"feed: {hubs: https://hub.example.org/}", "FILE:1: feed.hubs: is a single value; it has to be a list"},
		{"feed:\n  hubs:\n    - https://hub.example.org/\n    - {url: x}", "FILE:4: feed.hubs[1]: is a group of settings; it has to be a single value"},
		{"server: {trusted_proxies: [[a]]}", "FILE:1: server.trusted_proxies[0]: is a list; it has to be a single value"},
		{"site: &s {title: a}\nmail: *s", "FILE:1: mail.title: there is no such setting; known here: from, reply_to, unsubscribe_address, transport, maildir, smtp, rate, per_domain, uncertain, backdate_limit"},
		{"site: {title: &x [*x]}", "FILE:1: site.title: is a list; it has to be a single value"},
		{"mail:\n  smtp:\n    port: many", `FILE:3: mail.smtp.port: "many" is no whole number`},
		{"mail: {smtp: {port: 58.7}}", `FILE:1: mail.smtp.port: "58.7" is no whole number`},
		{"mail: {smtp: {port: true}}", `FILE:1: mail.smtp.port: "true" is no whole number`},
		{"feed: {items: 030}", `FILE:1: feed.items: "030" is no whole number`},
		{"feed: {items: 99999999999999999999}", `FILE:1: feed.items: "99999999999999999999" is no whole number`},
		{"mail: {smtp: {allow_plaintext: yes}}", `FILE:1: mail.smtp.allow_plaintext: "yes" is neither true nor false`},
		{"mail: {smtp: {allow_plaintext: 2}}", `FILE:1: mail.smtp.allow_plaintext: "2" is neither true nor false`},
		{"feed:\n  max_age: 30", `FILE:2: feed.max_age: "30" is no time span; write 30m, 12h or 7d`},
		{"mail: {backdate_limit: -3d}", `FILE:1: mail.backdate_limit: "-3d" is no time span; write 30m, 12h or 7d`},
		{"digests:\n  - cadence: weekly\n    catch_up: soon", `FILE:3: digests[0].catch_up: "soon" is no time span; write 30m, 12h or 7d`},

		// what is no YAML
		{"site: [", "FILE:1: is not YAML: did not find expected node content"},
		{"site:\n\ttitle: a", "FILE:2: is indented with a tab; YAML takes spaces only"},
		{"site:\n  title: a\n  \turl: b", "FILE:3: is indented with a tab; YAML takes spaces only"},
		{"site: {title: \"\xff\"}", "FILE: is not YAML: invalid leading UTF-8 octet"},
		{"site: *who", "FILE: is not YAML: unknown anchor 'who' referenced"},
		{"site: {title: a}\n---\nsite: {title: b}", "FILE:2: a second document begins here; keep one"},

		// values
		{"site: {title: ' '}", "FILE:1: site.title: is empty; it stands in every feed and mail"},
		{"site: {url: example.org}", `FILE:1: site.url: "example.org" is not the address of a site; write https://example.org`},
		{"site: {url: 'https://example.org/?a=b'}", `FILE:1: site.url: "https://example.org/?a=b" is not the address of a site; write https://example.org`},
		{"site: {language: english!}", `FILE:1: site.language: "english!" is no language tag (BCP 47); write en, de, zh-Hans, …`},
		{"site: {author: {email: ada}}", `FILE:1: site.author.email: "ada" is not a mail address: it has no @`},
		{"database: {url: ''}", "FILE:1: database.url: is empty; write the path of the database file"},
		{"server: {address: 8080}", `FILE:1: server.address: "8080" is not host:port; write 127.0.0.1:8080`},
		{"server: {address: 'localhost:99999'}", `FILE:1: server.address: "localhost:99999" is not host:port; write 127.0.0.1:8080`},
		{"server: {address: 'localhost:'}", `FILE:1: server.address: "localhost:" is not host:port; write 127.0.0.1:8080`},
		{"server:\n  trusted_proxies:\n    - 10.0.0.0/8\n    - 10.0.0.1", `FILE:4: server.trusted_proxies[1]: "10.0.0.1" is no network; write 10.0.0.0/8 or 192.0.2.7/32`},
		{"subscribe: {origins: ['https://example.org/']}", `FILE:1: subscribe.origins[0]: "https://example.org/" is not the origin of a site; write https://example.org`},
		{"subscribe: {origins: ['https://-ü-.example']}", `FILE:1: subscribe.origins[0]: "https://-ü-.example" is not the origin of a site; write https://example.org`},
		{"feed: {items: 0}", "FILE:1: feed.items: is 0; write a number from 1 to 1000"},
		{"feed: {content: some}", `FILE:1: feed.content: "some" is none of full, excerpt`},
		{"feed: {hubs: ['ftp://hub.example.org/']}", `FILE:1: feed.hubs[0]: "ftp://hub.example.org/" is not the address of a hub; write https://hub.example.org/`},
		{"mail: {from: ''}", "FILE:1: mail.from: is empty; write Example News <news@example.org>"},
		{"mail: {from: News}", `FILE:1: mail.from: "News": want Name <user@example.org>: not a mail address: it has no @`},
		{"mail: {reply_to: a@@b}", `FILE:1: mail.reply_to: "a@@b" is not a mail address: it has more than one @`},
		{"mail: {unsubscribe_address: x}", `FILE:1: mail.unsubscribe_address: "x" is not a mail address: it has no @`},
		{"mail: {uncertain: maybe}", `FILE:1: mail.uncertain: "maybe" is none of resend, hold`},
		{"mail: {transport: pigeon}", `FILE:1: mail.transport: "pigeon" is none of maildir, smtp`},
		{"mail: {maildir: {path: ''}}", "FILE:1: mail.maildir.path: is empty; name the folder that mail goes into"},
		{"mail: {transport: smtp}", "FILE: mail.smtp.host: is empty; name the relay that takes your mail"},
		{smtp("port: 0"), "FILE:5: mail.smtp.port: is 0; 587 goes with starttls, 465 with tls"},
		{smtp("connections: 201"), "FILE:5: mail.smtp.connections: is 201; write a number from 1 to 200"},
		{"mail: {rate: {messages: -1}}", "FILE:1: mail.rate.messages: is -1; write a number up to 1000000, or 0 for no limit"},
		{"mail: {rate: {per: 0s}}", "FILE:1: mail.rate.per: is 0s; write a span from 1s to 7d"},
		{"mail: {per_domain: {messages: 2000000}}", "FILE:1: mail.per_domain.messages: is 2000000; write a number up to 1000000, or 0 for no limit"},
		{"mail: {per_domain: {per: 8d}}", "FILE:1: mail.per_domain.per: is 192h0m0s; write a span from 1s to 7d"},
		{"mail: {per_domain: {connections: -1}}", "FILE:1: mail.per_domain.connections: is -1; write how many, or 0 for no limit"},
		{smtp("messages_per_connection: 0"), "FILE:5: mail.smtp.messages_per_connection: is 0; write 1 or more"},
		{smtp("security: ssl"), `FILE:5: mail.smtp.security: "ssl" is none of starttls, tls, none`},
		{smtp("security: none"), "FILE:5: mail.smtp.security: none would send mail and password in the clear to mail.example.net; use starttls, or set allow_plaintext: true"},
		{"mail: {smtp: {password_file: none.txt}}", "FILE:1: mail.smtp.password_file: open DIR/none.txt: no such file or directory"},
		{"mail:\n  smtp:\n    password: a\n    password_file: b", "FILE:4: mail.smtp.password_file: password is set as well; keep one of them"},
		{"templates: {dir: nowhere}", "FILE:1: templates.dir: DIR/nowhere is not a folder; `postrider template export nowhere` makes one"},

		// digests
		{"digests:\n  - {name: My News}", `FILE:2: digests[0].name: "My News" is no name; use small letters, digits and -, at most 63 and no - first`},
		{"digests:\n  - {cadence: hourly}", `FILE:2: digests[0].cadence: "hourly" is not a cadence: want instant, daily, weekly or monthly`},
		{"digests:\n  - {at: noon}", `FILE:2: digests[0].at: "noon" is not a time of day: want 24 hours such as 09:00`},
		{"digests:\n  - {day: 3}", `FILE:2: digests[0].day: "3" is not a day: want monday, tuesday, wednesday, thursday, friday, saturday or sunday`},
		{"digests:\n  - {cadence: monthly, day: 31}", `FILE:2: digests[0].day: "31" is no day that every month has; write 1 to 28`},
		{"digests:\n  - {timezone: Mars/Olympus}", `FILE:2: digests[0].timezone: "Mars/Olympus" is no IANA time zone; write Europe/Berlin, America/New_York or UTC`},
		{"digests:\n  - {timezone: Local}", `FILE:2: digests[0].timezone: "Local" is no IANA time zone; write Europe/Berlin, America/New_York or UTC`},
		{"digests:\n  - {content: half}", `FILE:2: digests[0].content: "half" is none of excerpt, full`},
		{"digests:\n  - {catch_up: 0s}", `FILE:2: digests[0]: digest "weekly": catch_up: 0s is too short to cut anything: want at least 1m`},
		{"digests:\n  - {name: a}\n  - {name: a, cadence: daily}", `FILE:1: digests: digest "a" is configured twice; names must differ`},
		{"digests:\n  - {name: a}\n  - {name: b}", `FILE:1: digests: digests "a" and "b" are both weekly; there is one digest for each cadence`},
	} {
		file := write(t, c.text+"\n")
		_, err := config.Load(file, env(nil))
		told(t, c.text, err, strings.NewReplacer("FILE", file, "DIR", filepath.Dir(file)).Replace(c.says))
	}
}

// smtp is a relay with one more setting, in line 5.
func smtp(setting string) string {
	return "mail:\n  transport: smtp\n  smtp:\n    host: mail.example.net\n    " + setting
}

func told(t *testing.T, what string, err error, says string) {
	t.Helper()
	var fault *config.Error
	if !errors.As(err, &fault) {
		t.Errorf("%s\ngave %v, which is no *Error", what, err)
	} else if err.Error() != says {
		t.Errorf("%s\nsays  %s\nwant  %s", what, err, says)
	}
}

// A variable that cannot be used is blamed by its name, not the file.
func TestFaultsOfTheEnvironment(t *testing.T) {
	for _, c := range []struct{ name, value, says string }{
		{"POSTRIDER_FEED_ITEMS", "0", "$POSTRIDER_FEED_ITEMS: feed.items: is 0; write a number from 1 to 1000"},
		{"POSTRIDER_MAIL_SMTP_PORT", "many", `$POSTRIDER_MAIL_SMTP_PORT: mail.smtp.port: "many" is no whole number`},
		{"POSTRIDER_MAIL_SMTP_ALLOW_PLAINTEXT", "1", `$POSTRIDER_MAIL_SMTP_ALLOW_PLAINTEXT: mail.smtp.allow_plaintext: "1" is neither true nor false`},
		{"POSTRIDER_FEED_MAX_AGE", "soon", `$POSTRIDER_FEED_MAX_AGE: feed.max_age: "soon" is no time span; write 30m, 12h or 7d`},
		{"POSTRIDER_SITE_URL", "x", `$POSTRIDER_SITE_URL: site.url: "x" is not the address of a site; write https://example.org`},
		{"POSTRIDER_MAIL_SMTP_PASSWORD_FILE", "/none", "$POSTRIDER_MAIL_SMTP_PASSWORD_FILE: mail.smtp.password_file: open /none: no such file or directory"},
	} {
		_, err := config.Load(write(t, "feed: {items: 3}\nsite: {url: 'https://example.org'}\n"), env(map[string]string{c.name: c.value}))
		told(t, c.name, err, c.says)
	}
}

func TestUnreadableFiles(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "missing.yaml")
	_, err := config.Load(missing, env(nil))
	told(t, "a missing file", err, missing+": no such file; run `postrider init` to make one")
	_, err = config.Load(dir, env(nil))
	told(t, "a folder", err, dir+": is a directory")
}

func TestFind(t *testing.T) {
	home, xdg, here := t.TempDir(), t.TempDir(), t.TempDir()
	t.Chdir(here)
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	place := func(parts ...string) string {
		file := filepath.Join(parts...)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	vars := map[string]string{"HOME": home}
	found := func(what, named, want string) {
		t.Helper()
		if got, err := config.Find(named, env(vars)); err != nil || got != want {
			t.Errorf("%s: found %q, %v; want %q", what, got, err, want)
		}
	}
	if _, err := os.Stat("/etc/postrider/config.yaml"); err != nil {
		_, err := config.Find("", env(vars))
		told(t, "nothing", err, config.ErrNone.Error())
		if !errors.Is(err, config.ErrNone) {
			t.Errorf("got %v, want ErrNone", err)
		}
	}
	// Each of these goes before the ones above it.
	found("in the home", "", place(home, ".config", "postrider", "config.yaml"))
	vars["XDG_CONFIG_HOME"] = xdg
	found("in XDG_CONFIG_HOME", "", place(xdg, "postrider", "config.yaml"))
	found("in this folder", "", place(here, "config.yaml"))
	vars["POSTRIDER_CONFIG"] = "other.yaml" // need not exist: reading it tells
	found("by the environment", "", filepath.Join(here, "other.yaml"))
	found("by name", "named.yaml", filepath.Join(here, "named.yaml"))

	// A place that cannot be looked into is told of, not passed over.
	delete(vars, "POSTRIDER_CONFIG")
	if err := os.Remove("config.yaml"); err != nil {
		t.Fatal(err)
	}
	vars["XDG_CONFIG_HOME"] = place(home, "file")
	_, err = config.Find("", env(vars))
	var fault *config.Error
	if !errors.As(err, &fault) || !strings.HasPrefix(err.Error(), filepath.Join(home, "file", "postrider", "config.yaml")+": ") {
		t.Errorf("got %v", err)
	}
}
