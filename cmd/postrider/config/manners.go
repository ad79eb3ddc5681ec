package config

import (
	"time"

	"postrider/mailer"
)

// maxRate bounds rates, because the moment of each message in the span is
// remembered.
const maxRate = 1_000_000

func (c *Config) checkManners(at *locator) error {
	d := c.Mail.PerDomain
	if err := checkRate(at, "mail.rate", c.Mail.Rate); err != nil {
		return err
	}
	if err := checkRate(at, "mail.per_domain", Rate{d.Messages, d.Per}); err != nil {
		return err
	}
	if d.Connections < 0 {
		return at.at("mail.per_domain.connections", "is %d; write how many, or 0 for no limit", d.Connections)
	}
	return nil
}

func checkRate(at *locator, key string, r Rate) error {
	if r.Messages < 0 || r.Messages > maxRate {
		return at.at(key+".messages", "is %d; write a number up to %d, or 0 for no limit", r.Messages, maxRate)
	}
	if per := time.Duration(r.Per); per < time.Second || per > 7*24*time.Hour {
		return at.at(key+".per", "is %s; write a span from 1s to 7d", per)
	}
	return nil
}

// Rate is how fast mail may go out over all.
func (c *Config) Rate() mailer.Rate {
	return mailer.Rate{Messages: c.Mail.Rate.Messages, Per: time.Duration(c.Mail.Rate.Per)}
}

// DomainLimits are what may go to one domain.
func (c *Config) DomainLimits() mailer.DomainLimits {
	d := c.Mail.PerDomain
	return mailer.DomainLimits{Connections: d.Connections,
		Rate: mailer.Rate{Messages: d.Messages, Per: time.Duration(d.Per)}}
}
