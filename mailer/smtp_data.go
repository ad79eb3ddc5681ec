package mailer

import (
	"bufio"
	"bytes"
)

// write sends the message and the final dot, and behind them what was announced. On
// an error it tells whether the server can have the message as complete.
func (c *smtpConn) write(message []byte) *SendError {
	c.wire = chunkWriter{c: c}
	if c.writer == nil {
		c.writer = bufio.NewWriterSize(&c.wire, 64<<10)
	}
	c.writer.Reset(&c.wire)
	writeDotted(c.writer, message)
	end, failed := c.wire.written+c.writer.Buffered(), c.wire.failed
	writeCommands(c.writer, c.announcement())
	err := c.writer.Flush()
	switch {
	case err == nil:
		return nil
	case !failed && c.wire.written >= end: // it failed in the announcement
		return lost(Unknown, "send the message", err)
	}
	return lost(Retry, "send the message", err)
}

// chunkWriter passes what it gets to the server and grants every part a
// deadline of its own.
type chunkWriter struct {
	c       *smtpConn
	written int // octets on their way
	failed  bool
}

func (w *chunkWriter) Write(p []byte) (int, error) {
	if err := w.c.sc.UpdateDeadline(w.c.cfg.Timeouts.Write); err != nil {
		w.failed = true
		return 0, err
	}
	// A chunk fills Text.W's buffer and so goes through it in one piece.
	n, err := w.c.sc.Text.W.Write(p)
	if err == nil {
		err = w.c.sc.Text.W.Flush()
	}
	n -= w.c.sc.Text.W.Buffered()
	w.written += n
	w.failed = err != nil
	return n, err
}

// writeDotted writes the message as DATA wants it (RFC 5321, section 4.5.2):
// a dot that begins a line is doubled, every line ends in CRLF, also one that
// came with a bare LF, and a line with a single dot ends it. What needs no change
// is written in long runs. Errors of the writer are kept by it until Flush.
func writeDotted(w *bufio.Writer, message []byte) {
	run, line := 0, 0 // where what is not written yet begins, and the line
	for line < len(message) {
		if message[line] == '.' {
			w.Write(message[run:line])
			w.WriteByte('.')
			run = line
		}
		n := bytes.IndexByte(message[line:], '\n')
		if n < 0 {
			w.Write(bytes.TrimSuffix(message[run:], []byte("\r")))
			w.WriteString("\r\n.\r\n")
			return
		}
		end := line + n
		if n == 0 || message[end-1] != '\r' {
			w.Write(message[run:end])
			w.WriteString("\r\n")
			run = end + 1
		}
		line = end + 1
	}
	w.Write(message[run:])
	w.WriteString(".\r\n")
}
