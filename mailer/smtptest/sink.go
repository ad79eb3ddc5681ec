package smtptest

import (
	"bufio"
	"bytes"
	"fmt"
	"hash/maphash"
	"net"
	"sync"
	"time"
)

// SinkOptions say how a [Sink] behaves.
type SinkOptions struct {
	Pipelining bool // offers PIPELINING
	// Delay is by how much every reply comes late, as over a long line: what
	// was sent together is answered together.
	Delay time.Duration
}

// Sink is an SMTP server for benches: it takes everything in clear text, as fast
// as it comes, and records to whom and when, and the first message. Make one with
// [StartSink].
type Sink struct {
	opts     SinkOptions
	listener net.Listener
	serving  sync.WaitGroup
	seed     maphash.Seed

	mu       sync.Mutex
	conns    map[net.Conn]bool
	ids      map[string]uint64 // of each recipient's first message, hashed: a million fit in memory
	strange  int
	sample   []byte
	messages int
	first    time.Time
	last     time.Time
}

// StartSink listens on a free port of this machine until [Sink.Close].
func StartSink(opts SinkOptions) (*Sink, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("smtptest: %w", err)
	}
	s := &Sink{opts: opts, listener: l, conns: make(map[net.Conn]bool), ids: make(map[string]uint64), seed: maphash.MakeSeed()}
	s.serving.Go(s.accept)
	return s, nil
}

// Port is the port it listens at.
func (s *Sink) Port() int { return s.listener.Addr().(*net.TCPAddr).Port }

// Close ends every connection.
func (s *Sink) Close() error {
	err := s.listener.Close()
	s.mu.Lock()
	for c := range s.conns {
		c.Close()
	}
	s.conns = nil
	s.mu.Unlock()
	s.serving.Wait()
	return err
}

// Haul is what a sink took.
type Haul struct {
	Messages    int
	Readers     int       // different recipients
	Strange     int       // copies with another Message-ID than that recipient's first
	First, Last time.Time // when the first and the last message were recorded
	Sample      []byte    // the first message
}

// Took tells what was taken until now.
func (s *Sink) Took() Haul {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Haul{s.messages, len(s.ids), s.strange, s.first, s.last, s.sample}
}

func (s *Sink) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		open := s.conns != nil
		if open {
			s.conns[conn] = true
		}
		s.mu.Unlock()
		if !open {
			conn.Close()
			return
		}
		s.serving.Go(func() {
			newSinkSession(s, conn).serve()
			conn.Close()
			s.mu.Lock()
			delete(s.conns, conn)
			s.mu.Unlock()
		})
	}
}

func (s *Sink) record(to string, id uint64, body []byte) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.messages == 0 {
		s.first, s.sample = now, bytes.Clone(body)
	}
	s.messages++
	s.last = now
	if first, again := s.ids[to]; !again {
		s.ids[to] = id
	} else if first != id {
		s.strange++
	}
}

// sinkSession is one connection.
type sinkSession struct {
	*Sink
	conn net.Conn
	in   *bufio.Reader
	out  *bufio.Writer // without delay
	late chan lateReply
	to   string
	body []byte
}

// lateReply waits for its time.
type lateReply struct {
	at   time.Time
	text string
}

func newSinkSession(s *Sink, conn net.Conn) *sinkSession {
	c := &sinkSession{Sink: s, conn: conn, in: bufio.NewReaderSize(conn, 64<<10), out: bufio.NewWriter(conn)}
	if s.opts.Delay > 0 {
		c.late = make(chan lateReply, 64)
	}
	return c
}

func (c *sinkSession) serve() {
	if c.late != nil {
		var talking sync.WaitGroup
		talking.Go(c.talk)
		defer talking.Wait() // the client gets what it is owed
		defer close(c.late)
	}
	c.say("220 sink ready\r\n")
	for {
		line, err := c.line()
		if err != nil || !c.command(line) {
			return
		}
	}
}

// talk says replies when their time has come.
func (c *sinkSession) talk() {
	for r := range c.late {
		time.Sleep(time.Until(r.at))
		c.out.WriteString(r.text)
		if len(c.late) == 0 {
			c.out.Flush()
		}
	}
}

// line reads one line. Before it waits for the client, the client gets what it is owed.
func (c *sinkSession) line() ([]byte, error) {
	if c.in.Buffered() == 0 && c.late == nil {
		c.out.Flush()
	}
	return c.in.ReadSlice('\n')
}

func (c *sinkSession) say(reply string) {
	if c.late != nil {
		c.late <- lateReply{time.Now().Add(c.opts.Delay), reply}
		return
	}
	c.out.WriteString(reply)
}

// command carries out a line and tells whether another may follow.
func (c *sinkSession) command(line []byte) bool {
	verb, arg, _ := bytes.Cut(bytes.TrimRight(line, "\r\n"), []byte(" "))
	switch string(bytes.ToUpper(verb)) {
	case "EHLO":
		c.say("250-sink\r\n")
		if c.opts.Pipelining {
			c.say("250-PIPELINING\r\n")
		}
		c.say("250 8BITMIME\r\n")
	case "RCPT":
		c.to = path(string(arg))
		c.say("250 2.1.5 fine\r\n")
	case "DATA":
		c.say("354 go on\r\n")
		return c.message()
	case "QUIT":
		c.say("221 2.0.0 bye\r\n")
		if c.late == nil {
			c.out.Flush()
		}
		return false
	default:
		c.say("250 2.0.0 fine\r\n")
	}
	return true
}

// message reads a message up to its dot; it keeps the bytes of the first only.
func (c *sinkSession) message() bool {
	c.body = c.body[:0]
	c.mu.Lock()
	keep := c.messages == 0
	c.mu.Unlock()
	var id uint64
	for header := true; ; {
		line, err := c.line()
		if err != nil {
			return false
		}
		if len(line) == 3 && line[0] == '.' {
			break
		}
		if header {
			if value, found := messageID(line); found {
				id = maphash.Bytes(c.seed, value)
			}
			header = len(line) > 2
		}
		if keep {
			c.body = append(c.body, bytes.TrimPrefix(line, []byte("."))...)
		}
	}
	c.record(c.to, id, c.body)
	c.say("250 2.0.0 taken as 4F2A9C81D3\r\n")
	return true
}

// messageID is the value of a header line of that name.
func messageID(line []byte) (value []byte, found bool) {
	const name = "Message-ID:"
	if len(line) < len(name) || !bytes.EqualFold(line[:len(name)], []byte(name)) {
		return nil, false
	}
	return bytes.TrimSpace(line[len(name):]), true
}
