package newsletter

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseAddress(t *testing.T) {
	long := strings.Repeat("a", 64)
	for _, c := range []struct{ in, want string }{
		{"ann@example.org", "ann@example.org"},
		{"  ann@example.org\r\n", "ann@example.org"},
		{"Ann.Lee@Example.ORG", "Ann.Lee@example.org"},
		{"ann+news=2@mail.example.org", "ann+news=2@mail.example.org"},
		{"o'neil@example.org", "o'neil@example.org"},
		{"a!#$%&'*+-/=?^_`{|}~b@example.org", "a!#$%&'*+-/=?^_`{|}~b@example.org"},
		{"ann@localhost", "ann@localhost"},
		{"ann@bücher.example", "ann@xn--bcher-kva.example"},
		{"ann@BÜCHER.example", "ann@xn--bcher-kva.example"},
		{"ann@straße.example", "ann@xn--strae-oqa.example"},
		{"ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example"},
		{"ann@例え.テスト", "ann@xn--r8jz45g.xn--zckzah"},
		{"ann@example。org", "ann@example.org"},
		{"münchen@example.org", "münchen@example.org"},
		{"mu\u0308nchen@example.org", "münchen@example.org"},
		{"用户@example.org", "用户@example.org"},
		{"ann@1and1.com", "ann@1and1.com"},
		{"ann@a-b.c3", "ann@a-b.c3"},
		{long + "@example.org", long + "@example.org"},
	} {
		got, err := ParseAddress(c.in)
		if err != nil || string(got) != c.want {
			t.Errorf("ParseAddress(%q) = %q, %v; want %q", c.in, got, err, c.want)
		}
	}
}

func TestParseAddressRefuses(t *testing.T) {
	for _, c := range []struct{ in, why string }{
		{"", "empty"},
		{" \t ", "empty"},
		{"ann", "no @"},
		{"ann.example.org", "no @"},
		{"@example.org", "before the @"},
		{"ann@", "after the @"},
		{"ann@@example.org", "more than one @"},
		{"ann@b@example.org", "more than one @"},
		{"Ann Lee <ann@example.org>", "bare address"},
		{"<ann@example.org>", "bare address"},
		{`"ann lee"@example.org`, "quoted"},
		{"ann lee@example.org", "space"},
		{"ann@example.org bob@example.org", "space"},
		{"ann\u00a0lee@example.org", "space"},
		{"ann\u200b@example.org", "invisible"},
		{"ann@exam\u00adple.org", "invisible"},
		{"ann@example.org\nBcc: x@example.org", "line break"},
		{"ann\x00@example.org", "control character"},
		{"ann\xff@example.org", "UTF-8"},
		{".ann@example.org", "dot"},
		{"ann.@example.org", "dot"},
		{"a..b@example.org", "dot"},
		{"a(b)@example.org", `'('`},
		{"ann,bob@example.org", `','`},
		{"ann@[192.0.2.1]", "IP address"},
		{"ann@192.0.2.1", "IP address"},
		{"ann@example", "no dot"},
		{"ann@.org", "not valid"},
		{"ann@example..org", "not valid"},
		{"ann@example.org.", "not valid"},
		{"ann@-a.org", "not valid"},
		{"ann@a-.org", "not valid"},
		{"ann@ex_ample.org", "not valid"},
		{"ann@exa/mple.org", "not valid"},
		{"ann@xn--a.org", "not valid"},
		{"ann@" + strings.Repeat("a", 64) + ".org", "not valid"},
		{strings.Repeat("a", 65) + "@example.org", "more than 64"},
		{strings.Repeat("ü", 33) + "@example.org", "more than 64"},
		{"ann@" + strings.Repeat(strings.Repeat("a", 60)+".", 5) + "org", "more than the 254"},
	} {
		got, err := ParseAddress(c.in)
		if got != "" || !errors.Is(err, ErrAddress) || !strings.Contains(err.Error(), c.why) {
			t.Errorf("ParseAddress(%q) = %q, %v; want an error about %q", c.in, got, err, c.why)
		}
	}
}

func TestAddressParts(t *testing.T) {
	a, err := ParseAddress("Käthe@Bücher.example")
	if err != nil {
		t.Fatal(err)
	}
	for what, pair := range map[string][2]string{
		"Local":   {a.Local(), "Käthe"},
		"Domain":  {a.Domain(), "xn--bcher-kva.example"},
		"Key":     {a.Key(), "käthe@xn--bcher-kva.example"},
		"Display": {a.Display(), "Käthe@bücher.example"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s = %q, want %q", what, pair[0], pair[1])
		}
	}
	if a.ASCII() || !Address("ann@xn--bcher-kva.example").ASCII() {
		t.Error("ASCII is wrong: only the local part decides")
	}
	if e := Address(""); e.Local() != "" || e.Domain() != "" {
		t.Errorf("the empty address has parts %q and %q", e.Local(), e.Domain())
	}
}

func TestAddressJSON(t *testing.T) {
	var v struct{ Email Address }
	if err := json.Unmarshal([]byte(`{"Email":"Ann@Example.org"}`), &v); err != nil || v.Email != "Ann@example.org" {
		t.Errorf("read %q, %v", v.Email, err)
	}
	if out, err := json.Marshal(v); err != nil || string(out) != `{"Email":"Ann@example.org"}` {
		t.Errorf("wrote %s, %v", out, err)
	}
	if err := json.Unmarshal([]byte(`{"Email":"ann"}`), &v); !errors.Is(err, ErrAddress) {
		t.Errorf("a bad address came in by JSON: %v", err)
	}
	if err := json.Unmarshal([]byte(`{"Email":""}`), &v); err != nil || v.Email != "" {
		t.Errorf("the empty address: %q, %v", v.Email, err)
	}
}

func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{"ann@example.org", "Ann@bücher.example", "mu\u0308@例え.テスト", "a@b", `"a b"@c.d`, "a@xn--a.b", "İ@example.org", "a@a--b.c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseAddress(s)
		if err != nil {
			if a != "" || !errors.Is(err, ErrAddress) {
				t.Fatalf("refused with %q, %v", a, err)
			}
			return
		}
		if again, err := ParseAddress(string(a)); err != nil || again != a {
			t.Fatalf("normal form %q became %q, %v", a, again, err)
		}
		if slow, err := parseAddress(string(a)); err != nil || slow != a {
			t.Fatalf("the short cut accepts %q, the rules give %q, %v", a, slow, err)
		}
		if !utf8.ValidString(string(a)) || len(a) > maxAddress || strings.ContainsAny(string(a), " \t\r\n<>\",;:\x00") {
			t.Fatalf("accepted %q", a)
		}
		if a.Local()+"@"+a.Domain() != string(a) {
			t.Fatalf("parts of %q: %q %q", a, a.Local(), a.Domain())
		}
		if Address(a.Key()).Key() != a.Key() {
			t.Fatalf("key of %q is not stable: %q", a, a.Key())
		}
	})
}

func BenchmarkParseAddress(b *testing.B) {
	for _, s := range []string{"ann.smith@mail.example.org", "Ann@Example.ORG", "ann@bücher.example"} {
		b.Run(s, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ParseAddress(s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
