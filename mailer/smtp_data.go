package mailer

import (
	"bytes"
	"slices"
)

// chunk is how much of a message is granted a deadline of its own.
const chunk = 64 << 10

// write sends the message and the final dot, and behind them what was announced. On
// an error it tells whether the server can have the message as complete.
func (c *smtpConn) write(env Envelope, message []byte) *SendError {
	wire := message
	if !env.Dotless {
		wire = appendDotted(c.dotted[:0], message)
	}
	wire = append(wire, ".\r\n"...)
	end := len(wire)
	wire = c.appendNext(wire)
	if !env.Dotless {
		c.dotted = wire
	}
	written, err := c.pour(wire)
	switch {
	case err == nil:
		return nil
	case written >= end: // it failed in the announcement
		return lost(Unknown, "send the message", err)
	}
	return lost(Retry, "send the message", err)
}

// pour writes to the server and tells how many octets are on their way. Parts that
// are larger than the buffer of Text.W go through it without being copied.
func (c *smtpConn) pour(wire []byte) (written int, err error) {
	w := c.sc.Text.W
	for part := range slices.Chunk(wire, chunk) {
		if err := c.writing.extend(c.cfg.Timeouts.Write); err != nil {
			return written, err
		}
		n, err := w.Write(part)
		if err == nil {
			err = w.Flush()
		}
		written += n - w.Buffered()
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// appendDotted appends the message as DATA wants it before the dot that ends it (RFC
// 5321, section 4.5.2): a dot that begins a line is doubled, and every line ends in
// CRLF, also one that came with a bare LF. What needs no change is copied in long runs.
func appendDotted(dst, message []byte) []byte {
	run, line := 0, 0 // where what is not copied yet begins, and the line
	for line < len(message) {
		if message[line] == '.' {
			dst = append(append(dst, message[run:line]...), '.')
			run = line
		}
		n := bytes.IndexByte(message[line:], '\n')
		if n < 0 {
			dst = append(dst, bytes.TrimSuffix(message[run:], []byte("\r"))...)
			return append(dst, "\r\n"...)
		}
		end := line + n
		if n == 0 || message[end-1] != '\r' {
			dst = append(append(dst, message[run:end]...), "\r\n"...)
			run = end + 1
		}
		line = end + 1
	}
	return append(dst, message[run:]...)
}
