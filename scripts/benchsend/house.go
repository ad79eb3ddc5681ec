package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"postrider/mailer/smtptest"
)

// house is a folder with a database of readers and one long post.
type house struct {
	postrider, dir string
	readers        int
	mail           string // a file with one of the messages
}

// settings keep a connection as long as smtp-source does: for ever.
const settings = `site: {title: The Gazette, url: "https://gazette.example.org"}
mail:
  from: The Gazette <news@gazette.example.org>
  transport: smtp
  smtp: {host: 127.0.0.1, port: %d, security: none, connections: %d, messages_per_connection: 1000000}
digests:
  - {name: weekly, cadence: weekly, day: monday, at: "09:00", timezone: UTC}
`

// sentence repeats until a mail with both its parts has about 21 KB.
const sentence = "The river had risen in the night, and *nobody* in the village spoke of [anything else](https://example.org/river).\n\n"

func newHouse(postrider, dir string, readers int) (*house, error) {
	postrider, err := filepath.Abs(postrider)
	if err != nil {
		return nil, err
	}
	h := &house{postrider: postrider, dir: dir, readers: readers, mail: filepath.Join(dir, "mail.eml")}
	post := "---\ntitle: The river\n---\n" + strings.Repeat(sentence, 41)
	err = errors.Join(os.MkdirAll(dir, 0o755), h.configure(1, 1),
		os.WriteFile(filepath.Join(dir, "river.md"), []byte(post), 0o644), h.list())
	if err != nil {
		return nil, err
	}
	for _, args := range [][]string{
		{"post", "add", "river.md"},
		{"subscriber", "import", "list.csv", "--confirmed", "--consent", "They asked for it."},
	} {
		if err := h.command(args...).Run(); err != nil {
			return nil, fmt.Errorf("postrider %s: %w", args[0], err)
		}
	}
	return h, nil
}

func (h *house) configure(port, connections int) error {
	return os.WriteFile(filepath.Join(h.dir, "config.yaml"), fmt.Appendf(nil, settings, port, connections), 0o644)
}

func (h *house) list() error {
	f, err := os.Create(filepath.Join(h.dir, "list.csv"))
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	w.WriteString("email\n")
	for i := range h.readers {
		fmt.Fprintf(w, "reader%d@example%d.org\n", i, i%50)
	}
	return errors.Join(w.Flush(), f.Close())
}

func (h *house) command(args ...string) *exec.Cmd {
	cmd := exec.Command(h.postrider, append([]string{"--quiet"}, args...)...)
	cmd.Dir, cmd.Stderr = h.dir, os.Stderr
	return cmd
}

// sample writes a message as it goes over the wire into h.mail, and tells its size.
func (h *house) sample() (int, error) {
	r, err := h.run(setup{connections: 1}, "send", "river", "--test", "reader@example.org")
	if err != nil {
		return 0, err
	}
	return len(r.took.Sample), os.WriteFile(h.mail, r.took.Sample, 0o644)
}

// deliver sends an issue that has been cut before.
func (h *house) deliver(c setup) (result, error) {
	if err := h.queue(); err != nil {
		return result{}, err
	}
	return h.all(c, "deliver", "--until-idle")
}

// queue cuts an issue and leaves it in the ledger.
func (h *house) queue() error {
	if err := h.command("send", "river", "--again", "--yes", "--queue").Run(); err != nil {
		return fmt.Errorf("postrider send --queue: %w", err)
	}
	return nil
}

// send cuts an issue and sends it.
func (h *house) send(c setup) (result, error) {
	return h.all(c, "send", "river", "--again", "--yes")
}

// all runs a command that must bring every reader one mail.
func (h *house) all(c setup, args ...string) (result, error) {
	r, err := h.run(c, args...)
	if err == nil && (r.took.Messages != h.readers || r.took.Readers != h.readers) {
		err = fmt.Errorf("%d mails to %d readers arrived, want %d", r.took.Messages, r.took.Readers, h.readers)
	}
	return r, err
}

func (h *house) run(c setup, args ...string) (result, error) {
	sink, err := smtptest.StartSink(c.sink)
	if err != nil {
		return result{}, err
	}
	defer sink.Close()
	if err := h.configure(sink.Port(), c.connections); err != nil {
		return result{}, err
	}
	return measure(sink, h.command(args...))
}

// size is how many octets of the database are in use, by its header
// (https://www.sqlite.org/fileformat2.html, section 1.3).
func (h *house) size() (int64, error) {
	f, err := os.Open(filepath.Join(h.dir, "postrider.db"))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	var header [100]byte
	if _, err := io.ReadFull(f, header[:]); err != nil {
		return 0, err
	}
	page := int64(binary.BigEndian.Uint16(header[16:]))
	pages, free := binary.BigEndian.Uint32(header[28:]), binary.BigEndian.Uint32(header[36:])
	return page * (int64(pages) - int64(free)), nil
}
