package mailer

import (
	"bufio"
	"bytes"
)

// write sends the message and the final dot. If it returns an error the dot
// was not written whole, and no server can take the message as complete.
func (c *smtpConn) write(message []byte) error {
	if c.writer == nil {
		c.writer = bufio.NewWriterSize(&chunkWriter{c}, 64<<10)
	}
	c.writer.Reset(&chunkWriter{c})
	writeDotted(c.writer, message)
	return c.writer.Flush()
}

// chunkWriter passes what it gets to the server and grants every part a
// deadline of its own.
type chunkWriter struct{ c *smtpConn }

func (w *chunkWriter) Write(p []byte) (int, error) {
	if err := w.c.sc.UpdateDeadline(w.c.cfg.Timeouts.Write); err != nil {
		return 0, err
	}
	n, err := w.c.sc.Text.W.Write(p)
	if err != nil {
		return n, err
	}
	return n, w.c.sc.Text.W.Flush()
}

// writeDotted writes the message as DATA wants it (RFC 5321, section 4.5.2):
// a dot that begins a line is doubled, every line ends in CRLF, also one that
// came with a bare LF, and a line with a single dot ends it. Errors of the
// writer are kept by it until Flush.
func writeDotted(w *bufio.Writer, message []byte) {
	for len(message) > 0 {
		line, rest, _ := bytes.Cut(message, []byte("\n"))
		if len(line) > 0 && line[0] == '.' {
			w.WriteByte('.')
		}
		w.Write(bytes.TrimSuffix(line, []byte("\r")))
		w.WriteString("\r\n")
		message = rest
	}
	w.WriteString(".\r\n")
}
