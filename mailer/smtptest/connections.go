package smtptest

import "net"

// track keeps a connection for Close. It reports false when Close was there first.
func (s *Server) track(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.done:
		conn.Close()
		return false
	default:
		s.conns[conn] = true
		return true
	}
}

func (s *Server) forget(conn net.Conn) {
	conn.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, conn)
}

// greet counts a connection. It reports false where there are too many.
func (s *Server) greet() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opts.MaxConnections > 0 && s.greeted >= s.opts.MaxConnections {
		return false
	}
	s.greeted++
	s.most = max(s.most, s.greeted)
	return true
}

func (s *Server) part() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.greeted--
}

// Most tells how many connections there were at once at the most, without those that
// were one too many.
func (s *Server) Most() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.most
}
