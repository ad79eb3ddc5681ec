package mailer

import "context"

// Envelope is what a transport must know beside the message (RFC 5321, section 2.3.1).
type Envelope struct {
	From      string // the return path
	To        string // ASCII domain
	MessageID string // without angle brackets; names a Maildir file, so that a repeat replaces it
	Dotless   bool   // no line of the message begins with a dot, and each ends in CRLF
}

// Transport is a place that mail can be brought to.
type Transport interface {
	// Open makes a connection. Its errors are of the transport, not of a message.
	Open(ctx context.Context) (Conn, error)
}

// Conn carries one message after the other. It is used by one goroutine.
type Conn interface {
	// Send brings one message, with CRLF line ends, and returns the server's
	// words of acceptance. Every error is a [*SendError]. It may write into the
	// room behind the message, see append.
	Send(ctx context.Context, env Envelope, message []byte) (reply string, err error)
	// Close ends the connection in order where it can.
	Close() error
}

// Fate is what an error means for the message that met it.
type Fate int

// The fates.
const (
	Retry     Fate = iota // the message was not taken; try again later
	Permanent             // the server refused it for good
	Unknown               // the server may or may not have taken it
)

// SendError says what became of a message that was not plainly accepted.
type SendError struct {
	Fate   Fate
	Reply  string // the server's words with their code, or "" if it said nothing
	Code   int    // SMTP reply code; 0 if none
	Status string // enhanced status code (RFC 3463) such as "5.1.1"; "" if none
	Broken bool   // the connection cannot be used for another message
	Err    error  // the cause

	at   stage // what a refusal answers
	away bool  // the connection was dead, and no other could be opened
}

func (e *SendError) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *SendError) Unwrap() error { return e.Err }
