package smtptest

import (
	"encoding/base64"
	"strings"
)

// auth speaks PLAIN (RFC 4616) or LOGIN.
func (c *session) auth(arg string) error {
	if ok, err := c.permit(Auth, arg); !ok {
		return err
	}
	mechanism, initial, _ := strings.Cut(arg, " ")
	user, password := "", ""
	switch strings.ToUpper(mechanism) {
	case "PLAIN":
		parts := strings.Split(unbase64(initial), "\x00")
		if len(parts) == 3 {
			user, password = parts[1], parts[2]
		}
	case "LOGIN":
		user, password = c.prompt("Username:"), c.prompt("Password:")
	default:
		return c.say("504 5.5.4 unknown mechanism")
	}
	if user != c.opts.Username || password != c.opts.Password {
		return c.say("535 5.7.8 wrong user name or password")
	}
	c.login = true
	return c.say("235 2.7.0 welcome")
}

// prompt asks for one part of a login. A connection that fails here gives an
// empty answer, and is noticed with the next line.
func (c *session) prompt(words string) string {
	if c.say("334 "+base64.StdEncoding.EncodeToString([]byte(words))) != nil {
		return ""
	}
	line, err := c.text.ReadLine()
	if err != nil {
		return ""
	}
	return unbase64(line)
}

func unbase64(s string) string {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return ""
	}
	return string(b)
}
