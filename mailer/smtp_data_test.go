package mailer

import (
	"strings"
	"testing"

	"postrider/mailer/smtptest"
)

// Whatever a message holds, its end is found where it ends, and nowhere else.
func FuzzAppendDotted(f *testing.F) {
	f.Add("a: b\r\n\r\n.\r\n..\r\nx")
	f.Add("\n.\n.\r\n\r.\r\n")
	f.Add("")
	f.Fuzz(func(t *testing.T, message string) {
		b := append(appendDotted(nil, []byte(message)), ".\r\n"...)
		lines := strings.SplitAfter(string(b), "\r\n")
		if n := len(lines); n < 2 || lines[n-1] != "" || lines[n-2] != ".\r\n" {
			t.Fatalf("%q does not end with a dot", b)
		}
		var got strings.Builder
		for _, line := range lines[:len(lines)-2] {
			if line == ".\r\n" {
				t.Fatalf("%q ends early", b)
			}
			got.WriteString(strings.TrimPrefix(line, "."))
		}
		want := strings.ReplaceAll(strings.ReplaceAll(message, "\r\n", "\n"), "\n", "\r\n")
		if want != "" && !strings.HasSuffix(want, "\n") {
			want = strings.TrimSuffix(want, "\r") + "\r\n"
		}
		if got.String() != want {
			t.Errorf("%q is read as %q", message, got.String())
		}
	})
}

// One connection, messages of a usual size, a server that only counts.
func BenchmarkSMTPSend(b *testing.B) {
	s, err := smtptest.Start(smtptest.Options{Pipelining: true, Discard: true})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	transport, err := NewSMTP(SMTPConfig{Host: s.Host(), Port: s.Port(), Security: NoTLS})
	if err != nil {
		b.Fatal(err)
	}
	c, err := transport.Open(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	message := append(letter(1), strings.Repeat(strings.Repeat("x", 76)+"\r\n", 550)...)
	b.SetBytes(int64(len(message)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Send(b.Context(), envelope(1), message); err != nil {
			b.Fatal(err)
		}
	}
}
