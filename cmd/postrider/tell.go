package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
)

// tell writes one line to stderr, in place of the bar that may be drawn there; it
// comes again beneath.
func (a *app) tell(line string) {
	if a.bar != nil {
		a.bar.clear()
	}
	if terminal(a.err) {
		line = string(harmless([]byte(line)))
	}
	fmt.Fprintln(a.err, line)
}

// warn tells of something that was mended or left out; it changes no exit code.
func (a *app) warn(format string, args ...any) {
	a.tell("warning: " + fmt.Sprintf(format, args...))
}

// logger tells what goes on behind a command, in lines for people.
func (a *app) logger() *slog.Logger {
	level := slog.LevelWarn
	switch {
	case a.quiet:
		level = slog.LevelError
	case a.verbose:
		level = slog.LevelDebug
	}
	return slog.New(&plainLog{tell: a.tell, level: level})
}

// plainLog is a log for people who run a command: who is it from, what, and why.
// Programs read the log of a service, which has fields.
type plainLog struct {
	tell   func(line string)
	level  slog.Level
	common []slog.Attr
}

func (p *plainLog) Enabled(_ context.Context, l slog.Level) bool { return l >= p.level }

func (p *plainLog) Handle(_ context.Context, r slog.Record) error {
	line := &plainLine{}
	switch {
	case r.Level >= slog.LevelError:
		line.WriteString("postrider: ")
	case r.Level >= slog.LevelWarn:
		line.WriteString("warning: ")
	}
	line.WriteString(r.Message)
	for _, a := range p.common {
		line.add(a)
	}
	r.Attrs(func(a slog.Attr) bool { line.add(a); return true })
	if len(line.details) > 0 {
		fmt.Fprintf(line, " (%s)", strings.Join(line.details, ", "))
	}
	line.WriteString(line.cause)
	p.tell(line.String())
	return nil
}

func (p *plainLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &plainLog{p.tell, p.level, append(p.common[:len(p.common):len(p.common)], attrs...)}
}

// WithGroup makes no difference: a line for people has no levels.
func (p *plainLog) WithGroup(string) slog.Handler { return p }

// plainLine is a message, its details in brackets, and last its cause.
type plainLine struct {
	strings.Builder
	details []string
	cause   string
}

func (l *plainLine) add(a slog.Attr) {
	switch value := a.Value.String(); {
	case a.Key == "error":
		l.cause = ": " + strings.ReplaceAll(value, "\n", "; ")
	case value != "":
		l.details = append(l.details, a.Key+" "+value)
	}
}
