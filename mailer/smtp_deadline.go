package mailer

import "time"

// deadline ends the wait for a server in one direction, see [SMTPTimeouts]. To set one
// costs as much as to write a line, so one that is nearly as far off as asked for stays: a
// server may be silent for between 15/16 of the time it has and all of it.
type deadline struct {
	set     func(time.Time) error // of the connection
	timeout time.Duration
	at      time.Time
}

// extend moves the deadline so far from now.
func (d *deadline) extend(timeout time.Duration) error {
	now := time.Now()
	if timeout == d.timeout && d.at.Sub(now) > timeout-timeout/16 {
		return nil
	}
	d.timeout, d.at = timeout, now.Add(timeout)
	return d.set(d.at)
}
