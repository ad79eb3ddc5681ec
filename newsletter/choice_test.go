package newsletter

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

func TestParseChoices(t *testing.T) {
	if c, err := ParseCadence(" Weekly "); err != nil || c != Weekly {
		t.Errorf("cadence: %q, %v", c, err)
	}
	if s, err := ParseState("BOUNCED"); err != nil || s != Bounced {
		t.Errorf("state: %q, %v", s, err)
	}
	_, err := ParseCadence("hourly")
	if want := `"hourly" is not a cadence: want instant, daily, weekly or monthly`; err == nil || err.Error() != want {
		t.Errorf("error = %v, want %s", err, want)
	}
	if _, err := ParseState(""); err == nil {
		t.Error("no state is a state")
	}
}

func TestParseTopics(t *testing.T) {
	got, err := ParseTopics([]string{" Go ", "art", "GO", "", "open  source", "Straße"})
	if want := []string{"art", "go", "open source", "strasse"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("topics = %q, %v; want %q", got, err, want)
	}
	if got, err := ParseTopics([]string{"", " "}); err != nil || got != nil {
		t.Errorf("no topics gave %q, %v", got, err)
	}
	many := make([]string, maxTopics+1)
	for i := range many {
		many[i] = fmt.Sprint(i)
	}
	for _, bad := range [][]string{{"a\xff"}, {strings.Repeat("x", maxTopicLength+1)}, many} {
		if got, err := ParseTopics(bad); err == nil || got != nil {
			t.Errorf("%.40q was taken as %.40q", bad, got)
		}
	}
}

func TestParseName(t *testing.T) {
	for in, want := range map[string]string{
		"":                      "",
		"Ann Lee":               "Ann Lee",
		"  Ann \t  Lee ":        "Ann Lee",
		"Ann\r\nBcc: x@y.org":   "Ann Bcc: x@y.org",
		"José 李\u00a0四":         "José 李 四",
		"\ufeffAnn":             "Ann",
		"\u202egnp.exe":         "gnp.exe",
		"نازی\u200cها":          "نازی\u200cها",
		"\x1b[31mAnn\u0085\x7f": "[31mAnn",
	} {
		if got, err := ParseName(in); err != nil || got != want {
			t.Errorf("ParseName(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"Ann\xff", strings.Repeat("ü", 201)} {
		if got, err := ParseName(in); err == nil || got != "" {
			t.Errorf("ParseName(%.20q) = %q", in, got)
		}
	}
}

func FuzzParseName(f *testing.F) {
	f.Add("Ann  Lee\r\n")
	f.Add("\u202eAnn")
	f.Fuzz(func(t *testing.T, s string) {
		name, err := ParseName(s)
		if err != nil {
			return
		}
		if again, err := ParseName(name); err != nil || again != name {
			t.Fatalf("%q became %q, %v", name, again, err)
		}
		if strings.ContainsFunc(name, unicode.IsControl) || !utf8.ValidString(name) {
			t.Fatalf("accepted %q", name)
		}
	})
}

func TestParseClock(t *testing.T) {
	for in, want := range map[string]TimeOfDay{"09:00": {9, 0}, " 23:59 ": {23, 59}, "00:00": {}, "7:05": {7, 5}} {
		if got, err := ParseTimeOfDay(in); err != nil || got != want {
			t.Errorf("ParseTimeOfDay(%q) = %v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "9", "24:00", "09:60", "9am", "09:00:00", "-1:00"} {
		if got, err := ParseTimeOfDay(in); err == nil {
			t.Errorf("ParseTimeOfDay(%q) = %v", in, got)
		}
	}
	var at TimeOfDay
	if err := at.UnmarshalText([]byte("7:05")); err != nil {
		t.Error(err)
	}
	if text, err := at.MarshalText(); err != nil || string(text) != "07:05" {
		t.Errorf("wrote %q, %v", text, err)
	}
	for in, want := range map[string]time.Weekday{"monday": time.Monday, "SUN": time.Sunday, " Thu ": time.Thursday} {
		if got, err := ParseWeekday(in); err != nil || got != want {
			t.Errorf("ParseWeekday(%q) = %v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "mo", "montag", "1"} {
		if got, err := ParseWeekday(in); err == nil {
			t.Errorf("ParseWeekday(%q) = %v", in, got)
		}
	}
}

func TestConsentValidate(t *testing.T) {
	good := Consent{At: now, Action: Confirmed, Text: "Weekly news, please.", Source: "192.0.2.1", Method: ByDoubleOptIn}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	if err := (Consent{At: now, Action: Withdrew, Method: ByForm}).Validate(); err != nil {
		t.Errorf("who leaves agrees to nothing, yet: %v", err)
	}
	for name, spoil := range map[string]func(*Consent){
		"no time":   func(c *Consent) { c.At = time.Time{} },
		"no action": func(c *Consent) { c.Action = "" },
		"no text":   func(c *Consent) { c.Text = "" },
		"no method": func(c *Consent) { c.Method = "by hearsay" },
	} {
		c := good
		spoil(&c)
		if c.Validate() == nil {
			t.Errorf("consent with %s is valid", name)
		}
	}
}

func TestPreferred(t *testing.T) {
	until := time.Date(2026, 12, 24, 0, 0, 0, 0, time.UTC)
	plain := Subscriber{Name: "Ada", Cadence: Weekly, Cursor: 7}
	paused := plain
	paused.PausedUntil = until
	for _, c := range []struct {
		before, after Subscriber
		want          string
	}{
		{plain, plain, ""},
		{plain, Subscriber{Name: "Ada", Cadence: Weekly, Cursor: 8, Skip: []int64{9}}, ""},
		{plain, plain.Choose(Choices{"Countess", Daily, []string{"art", "open source"}}), "cadence daily; topics art, open source; name"},
		{plain.Choose(Choices{"Ada", Weekly, []string{"art"}}), plain, "all topics"},
		{plain, paused, "paused until 2026-12-24"},
		{paused, plain, "no pause"},
	} {
		if got := Preferred(c.before, c.after); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
