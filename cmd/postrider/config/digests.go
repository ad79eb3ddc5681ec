package config

import (
	"strconv"
	"time"

	"postrider/newsletter"
)

// fillDigest gives what a digest leaves out the value that the digest of the
// repository's config.yaml shows. A span of nothing counts when it was written.
func fillDigest(d *Digest, at *locator, key string) error {
	shown, err := defaultDigest()
	if err != nil {
		return err
	}
	for _, f := range []struct{ field, value *string }{
		{&d.Cadence, &shown.Cadence}, {&d.At, &shown.At}, {&d.Timezone, &shown.Timezone},
		{&d.Subject, &shown.Subject}, {&d.Content, &shown.Content}, {&d.Template, &shown.Template},
	} {
		if *f.field == "" {
			*f.field = *f.value
		}
	}
	if d.Name == "" {
		d.Name = d.Cadence
	}
	if at.lines[key+".catch_up"] == 0 {
		d.CatchUp = shown.CatchUp
	}
	if at.lines[key+".delay"] == 0 {
		d.Delay = shown.Delay
	}
	if d.Day == "" {
		d.Day = map[string]string{"weekly": shown.Day, "monthly": "1"}[d.Cadence]
	}
	return nil
}

func defaultDigest() (Digest, error) {
	v, err := withDefaults()
	if err != nil {
		return Digest{}, err
	}
	var s Settings
	if err := v.UnmarshalExact(&s, decoder()); err != nil {
		return Digest{}, err
	}
	return s.Digests[0], nil
}

// parse makes the digest of the rules out of the one of the settings.
func (d Digest) parse(at *locator, key string) (newsletter.Digest, error) {
	out := newsletter.Digest{
		Name:     d.Name,
		Delay:    time.Duration(d.Delay),
		CatchUp:  time.Duration(d.CatchUp),
		Subject:  d.Subject,
		Template: d.Template,
		Full:     d.Content == "full",
	}
	if !newsletter.ValidDigestName(d.Name) {
		return out, at.at(key+".name", "%q is no name; use small letters, digits and -, at most 63 and no - first", d.Name)
	}
	var err error
	if out.Cadence, err = newsletter.ParseCadence(d.Cadence); err != nil {
		return out, at.at(key+".cadence", "%w", err)
	}
	if out.At, err = newsletter.ParseTimeOfDay(d.At); err != nil {
		return out, at.at(key+".at", "%w", err)
	}
	if out.Zone, err = time.LoadLocation(d.Timezone); err != nil || d.Timezone == "Local" {
		return out, at.at(key+".timezone", "%q is no IANA time zone; write Europe/Berlin, America/New_York or UTC", d.Timezone)
	}
	if err := oneOf(at, key+".content", d.Content, "excerpt", "full"); err != nil {
		return out, err
	}
	return out, d.parseDay(at, key, &out)
}

func (d Digest) parseDay(at *locator, key string, out *newsletter.Digest) error {
	var err error
	switch out.Cadence {
	case newsletter.Weekly:
		if out.Day, err = newsletter.ParseWeekday(d.Day); err != nil {
			return at.at(key+".day", "%w", err)
		}
	case newsletter.Monthly:
		if out.MonthDay, err = strconv.Atoi(d.Day); err != nil || out.MonthDay < 1 || out.MonthDay > 28 {
			return at.at(key+".day", "%q is no day that every month has; write 1 to 28", d.Day)
		}
	}
	return nil
}
