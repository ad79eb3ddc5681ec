package main

import "log/slog"

// serviceLogger writes what a service does: for people at a terminal as text, for
// programs elsewhere as JSON, one object a line.
func (s *session) serviceLogger() *slog.Logger {
	level := slog.LevelInfo
	switch {
	case s.quiet:
		level = slog.LevelError
	case s.verbose:
		level = slog.LevelDebug
	}
	options := &slog.HandlerOptions{Level: level}
	format := s.cfg.Server.Log
	if format == "text" || format == "auto" && terminal(s.err) {
		return slog.New(slog.NewTextHandler(s.err, options))
	}
	options.ReplaceAttr = func(_ []string, a slog.Attr) slog.Attr {
		if a.Value.Kind() == slog.KindDuration { // 24h0m0s, not 86400000000000
			return slog.String(a.Key, a.Value.Duration().String())
		}
		return a
	}
	return slog.New(slog.NewJSONHandler(s.err, options))
}
