package tomlkeys

import (
	"maps"
	"testing"
)

func TestLines(t *testing.T) {
	const text = "# notes\ntitle = 'One'\n\nTitle = \"\"\"\ntwo\n\"\"\"\na.b = 1\na.c = 2\n[table]\ntitle = 'inside'\nx = 1\n[[list]]\n[table.sub]\n"
	want := map[string]int{"title": 2, "Title": 4, "a": 7, "table": 9, "list": 12}
	if got := Lines(text); !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := Lines("a = 1\nb = \n"); got["a"] != 1 {
		t.Errorf("before a mistake: %v", got)
	}
}

// A text of any kind is read to some end, and no key stands outside of it.
func FuzzLines(f *testing.F) {
	for _, text := range []string{"", "a = 1\n[b]\n", "a.b = [1,\n2]\n", "\"a\" = 1", "[[", "= 1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for key, line := range Lines(text) {
			if line < 1 || line > 1+len(text) {
				t.Errorf("%q stands on line %d", key, line)
			}
		}
	})
}
