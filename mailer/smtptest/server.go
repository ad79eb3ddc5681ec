// Package smtptest is an SMTP server for tests and benches. It runs in the
// process, listens on loopback only, takes mail for everybody and delivers it
// to nobody: it records what it took and whether it could say so. A script
// makes it refuse, stall or hang up at any point of the dialogue.
//
//	srv, err := smtptest.Start(smtptest.Options{Script: func(s smtptest.Step) smtptest.Action {
//		if s.Verb == smtptest.Rcpt && s.Count == 1 {
//			return smtptest.Action{Reply: "451 4.3.0 try later"}
//		}
//		return smtptest.Action{}
//	}})
//	defer srv.Close()
//
// It speaks what a submission server does: EHLO, STARTTLS or implicit TLS, AUTH
// PLAIN and LOGIN, PIPELINING, SMTPUTF8, MAIL, RCPT, DATA, RSET, NOOP, QUIT.
package smtptest

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// Options say how the server behaves. The zero value takes everything in
// clear text, without a login, on a free port.
type Options struct {
	Addr     string      // "": 127.0.0.1:0
	TLS      *tls.Config // offers STARTTLS, or with Implicit secures the whole connection
	Implicit bool
	// Username and Password, if set, must be given before MAIL.
	Username, Password string
	Pipelining         bool // offers PIPELINING
	SMTPUTF8           bool // offers SMTPUTF8
	// MaxMessages is after how many messages a connection is ended with 421;
	// 0: never.
	MaxMessages int
	// MaxConnections is how many connections there may be at once; one more is ended with
	// 421 instead of a greeting. 0: any number.
	MaxConnections int
	// Eager takes a message also where it has refused every recipient.
	Eager bool
	// Dribble sends every octet of a reply in a packet of its own.
	Dribble bool
	// Discard keeps of each message its Message-ID, addresses and size only.
	Discard bool
	// Script, if set, is asked before every step. It is called by all
	// connections, one call at a time.
	Script func(Step) Action
}

// Verb is a step of the dialogue.
type Verb string

// The steps at which a script is asked, in their order.
const (
	Connect  Verb = "CONNECT" // before the greeting
	Ehlo     Verb = "EHLO"
	Starttls Verb = "STARTTLS"
	Auth     Verb = "AUTH"
	Mail     Verb = "MAIL"
	Rcpt     Verb = "RCPT"
	Data     Verb = "DATA"
	Body     Verb = "BODY" // after the first line of the message
	Dot      Verb = "DOT"  // after the final dot, before the message is recorded
	Took     Verb = "TOOK" // after it is recorded, before its 250 is written
	Done     Verb = "DONE" // after its 250 is written; a Reply is ignored
	Rset     Verb = "RSET"
	Noop     Verb = "NOOP"
	Quit     Verb = "QUIT"
)

// Step is what a script decides upon.
type Step struct {
	Verb  Verb
	Count int    // how often this step came, over all connections; from 1
	Conn  int    // which connection; from 1
	Arg   string // the command's argument as sent
	From  string // of the transaction, once known
	To    string // the last recipient named
}

// Action is what happens at a step; the zero value is the usual.
type Action struct {
	Delay time.Duration // first
	Hang  bool          // say nothing more; wait until the client or the test ends the connection
	Drop  bool          // hang up without a word
	Reply string        // say this instead, without CRLF; "\n" separates lines that bring their own codes
}

// Message is one that the server took.
type Message struct {
	ID       string // Message-ID without angle brackets
	From, To string
	Data     []byte // as after removing the dots; nil with Discard
	Size     int    // octets of Data
	Conn     int
	At       time.Time // when it was recorded
	Accepted bool      // its 250 was written to the client
}

// Server is a running server. Make one with [Start].
type Server struct {
	opts     Options
	listener net.Listener
	done     chan struct{}
	serving  sync.WaitGroup
	script   sync.Mutex

	mu       sync.Mutex
	counts   map[Verb]int
	messages []*Message
	conns    map[net.Conn]bool
	greeted  int // connections that are served
	most     int // of those, at once
	closed   bool
}

// Start listens and serves until [Server.Close]. It refuses an address that
// other machines could reach.
func Start(opts Options) (*Server, error) {
	if opts.Addr == "" {
		opts.Addr = "127.0.0.1:0"
	}
	if err := checkLoopback(opts.Addr); err != nil {
		return nil, err
	}
	if opts.Implicit && opts.TLS == nil {
		return nil, errors.New("smtptest: Implicit needs TLS")
	}
	l, err := net.Listen("tcp", opts.Addr)
	if err != nil {
		return nil, fmt.Errorf("smtptest: %w", err)
	}
	s := &Server{
		opts: opts, listener: l, done: make(chan struct{}),
		counts: make(map[Verb]int), conns: make(map[net.Conn]bool),
	}
	s.serving.Go(s.accept)
	return s, nil
}

func checkLoopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("smtptest: %w", err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("smtptest: %s is not a loopback address: this server takes mail from anybody", addr)
	}
	return nil
}

// Host is the address it listens at.
func (s *Server) Host() string { return s.tcpAddr().IP.String() }

// Port is the port it listens at.
func (s *Server) Port() int { return s.tcpAddr().Port }

func (s *Server) tcpAddr() *net.TCPAddr { return s.listener.Addr().(*net.TCPAddr) }

// Close ends every connection and waits until they have ended. What was taken
// can still be asked for. A second Close does nothing.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()
	close(s.done)
	err := s.listener.Close()
	s.mu.Lock()
	for c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	s.serving.Wait()
	return err
}

// Messages returns what was taken so far, in order.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Message, len(s.messages))
	for i, m := range s.messages {
		list[i] = *m
	}
	return list
}

// Count tells how often a step was reached.
func (s *Server) Count(v Verb) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts[v]
}

func (s *Server) accept() {
	for n := 1; ; n++ {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		if !s.track(conn) {
			return
		}
		s.serving.Go(func() {
			defer s.forget(conn)
			newSession(s, conn, n).serve()
		})
	}
}

// ask counts a step and asks the script.
func (s *Server) ask(step Step) Action {
	s.mu.Lock()
	s.counts[step.Verb]++
	step.Count = s.counts[step.Verb]
	s.mu.Unlock()
	if s.opts.Script == nil {
		return Action{}
	}
	s.script.Lock()
	defer s.script.Unlock()
	return s.opts.Script(step)
}

func (s *Server) keep(m *Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = append(s.messages, m)
}

func (s *Server) accepted(m *Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m.Accepted = true
}
