package newsletter

import (
	"encoding/json"
	"errors"
	"math"
	"testing"
)

func TestNewID(t *testing.T) {
	seen := map[ID]bool{}
	for range 1000 {
		id := NewID()
		if id <= 0 || seen[id] {
			t.Fatalf("id %d is not positive, or came twice", id)
		}
		seen[id] = true
		back, err := ParseID(id.String())
		if err != nil || back != id || len(id.String()) != 13 {
			t.Fatalf("%d printed %q, read back as %d, %v", id, id, back, err)
		}
	}
}

func TestParseID(t *testing.T) {
	for in, want := range map[string]ID{
		"0000000000001": 1,
		"0000000000010": 32,
		"7zzzzzzzzzzzz": math.MaxInt64,
		"7ZZZZZZZZZZZZ": math.MaxInt64,
		"OOOOOOOOOOOoI": 1,
		"000000000000l": 1,
	} {
		if got, err := ParseID(in); err != nil || got != want {
			t.Errorf("ParseID(%q) = %d, %v; want %d", in, got, err, want)
		}
	}
	for _, in := range []string{"", "1", "0000000000000", "8000000000000", "000000000000u", "00000000000-1", "00000000000001", "é00000000000"} {
		if got, err := ParseID(in); !errors.Is(err, ErrID) || got != 0 {
			t.Errorf("ParseID(%q) = %d, %v; want ErrID", in, got, err)
		}
	}
}

func TestIDText(t *testing.T) {
	out, err := json.Marshal(ID(33))
	if err != nil || string(out) != `"0000000000011"` {
		t.Fatalf("wrote %s, %v", out, err)
	}
	var id ID
	if err := json.Unmarshal(out, &id); err != nil || id != 33 {
		t.Fatalf("read %d, %v", id, err)
	}
	if err := json.Unmarshal([]byte(`"x"`), &id); !errors.Is(err, ErrID) || id != 33 {
		t.Fatalf("a bad id gave %d, %v", id, err)
	}
}

func FuzzParseID(f *testing.F) {
	f.Add("0000000000001")
	f.Add("7ZZZZZZZZZZZZ")
	f.Fuzz(func(t *testing.T, s string) {
		id, err := ParseID(s)
		if err != nil {
			return
		}
		if back, err := ParseID(id.String()); id <= 0 || err != nil || back != id {
			t.Fatalf("%q gave %d, which prints as %q and reads as %d, %v", s, id, id, back, err)
		}
	})
}
