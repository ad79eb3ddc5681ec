package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/viper"

	"postrider"
	"postrider/newsletter"
)

// Config is the settings as read, and where from.
type Config struct {
	Settings
	File string // absolute
	dir  string // what relative paths start from

	digests newsletter.Digests // Settings.Digests, understood
	places  []string           // where each of them is written
}

// Error is a fault in the settings: exit code 2.
type Error struct {
	File string // or the variable of the environment: $POSTRIDER_SITE_URL
	Line int    // 0 if unknown, or not in the file
	Key  string // such as mail.smtp.port
	Err  error
}

func (e *Error) Error() string {
	var b strings.Builder
	if e.File != "" {
		b.WriteString(e.File)
		if e.Line > 0 {
			b.WriteString(":" + strconv.Itoa(e.Line))
		}
		b.WriteString(": ")
	}
	if e.Key != "" {
		b.WriteString(e.Key + ": ")
	}
	return b.String() + e.Err.Error()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// ErrNone says that there is no configuration file.
var ErrNone = errors.New("no configuration file; run `postrider init` to make one, or name one with --config")

// Find returns the configuration file to read: the one named, else that of
// $POSTRIDER_CONFIG, else the first that exists of ./config.yaml,
// $XDG_CONFIG_HOME/postrider/config.yaml and /etc/postrider/config.yaml.
func Find(named string, getenv func(string) string) (string, error) {
	if named == "" {
		named = getenv("POSTRIDER_CONFIG")
	}
	if named != "" {
		return filepath.Abs(named)
	}
	places := []string{"config.yaml"}
	if base := getenv("XDG_CONFIG_HOME"); base != "" {
		places = append(places, filepath.Join(base, "postrider", "config.yaml"))
	} else if home := getenv("HOME"); home != "" {
		places = append(places, filepath.Join(home, ".config", "postrider", "config.yaml"))
	}
	places = append(places, "/etc/postrider/config.yaml")
	for _, place := range places {
		if _, err := os.Stat(place); err == nil {
			return filepath.Abs(place)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return "", &Error{File: place, Err: err}
		}
	}
	return "", &Error{Err: ErrNone}
}

// Load reads a configuration file with the environment over it. Every error is
// an [*Error].
func Load(file string, getenv func(string) string) (*Config, error) {
	c := &Config{File: file, dir: filepath.Dir(file)}
	v, err := withDefaults()
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, unreadable(file, err)
	}
	values, where, err := locate(file, data)
	if err != nil {
		return nil, err
	}
	if err := v.MergeConfigMap(values); err != nil {
		return nil, &Error{File: file, Err: err}
	}
	if err := overlay(v, getenv, where); err != nil {
		return nil, err
	}
	if err := v.UnmarshalExact(&c.Settings, decoder()); err != nil {
		return nil, where.decoding(err)
	}
	if err := c.readSecrets(where); err != nil {
		return nil, err
	}
	return c, c.validate(where)
}

// withDefaults sets every default singly, so that a file may leave out any.
func withDefaults() (*viper.Viper, error) {
	defaults := viper.New()
	defaults.SetConfigType("yaml")
	if err := defaults.ReadConfig(strings.NewReader(postrider.Config())); err != nil {
		return nil, fmt.Errorf("read the default settings: %w", err)
	}
	v := viper.New()
	v.SetConfigType("yaml")
	for _, key := range defaults.AllKeys() {
		v.SetDefault(key, defaults.Get(key))
	}
	return v, nil
}

// overlay lets POSTRIDER_SITE_URL stand for site.url, and so for every setting
// that is one value. An empty variable counts as none.
func overlay(v *viper.Viper, getenv func(string) string, where *locator) error {
	known, err := knownSettings()
	if err != nil {
		return err
	}
	for path, shown := range scalars("", known) {
		name := "POSTRIDER_" + strings.ToUpper(strings.ReplaceAll(path, ".", "_"))
		value := getenv(name)
		if value == "" {
			continue
		}
		where.env[path] = name
		if err := checkScalar(value, shown); err != nil {
			return where.wrong(path, err)
		}
		v.Set(path, value)
	}
	return nil
}

func unreadable(file string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		err = errors.New("no such file; run `postrider init` to make one")
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return &Error{File: file, Err: err}
}

// readSecrets takes secrets from the files that stand in for them.
func (c *Config) readSecrets(where *locator) error {
	smtp := &c.Mail.SMTP
	if smtp.PasswordFile == "" {
		return nil
	}
	if smtp.Password != "" {
		return where.at("mail.smtp.password_file", "password is set as well; keep one of them")
	}
	data, err := os.ReadFile(c.Path(smtp.PasswordFile))
	if err != nil {
		return where.at("mail.smtp.password_file", "%w", err)
	}
	smtp.Password = Secret(strings.TrimRight(string(data), "\r\n"))
	return nil
}

// Path makes a path of the settings absolute.
func (c *Config) Path(p string) string {
	if p == "" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(c.dir, p)
}

// Dir is the folder that relative paths start from.
func (c *Config) Dir() string { return c.dir }
