package figures

import (
	"bytes"
	"flag"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestMedian(t *testing.T) {
	values := []float64{3, 1, 2, 10}
	for n, want := range map[int]float64{1: 3, 2: 2, 3: 2, 4: 2.5} {
		if got := Median(values[:n]); got != want {
			t.Errorf("median of %v is %v, want %v", values[:n], got, want)
		}
	}
	if values[0] != 3 {
		t.Errorf("the median has sorted the rounds: %v", values)
	}
	if got := Median(nil); !math.IsNaN(got) {
		t.Errorf("median of nothing is %v", got)
	}
}

// A machine that is slow in one round is slow for both: the ratio stays.
func TestRatiosAreOfRounds(t *testing.T) {
	ours, theirs := []float64{100, 20, 90}, []float64{50, 10, 90}
	if got := Ratios(ours, theirs); !slices.Equal(got, []float64{2, 2, 1}) {
		t.Errorf("ratios %v", got)
	}
	if ratio, medians := Median(Ratios(ours, theirs)), Median(ours)/Median(theirs); ratio == medians {
		t.Errorf("the ratio of medians is %v as well: this example shows nothing", medians)
	}
}

func TestVerdict(t *testing.T) {
	least := Axis{Must: 0.8, Goal: 1.2, Most: true}
	most := Axis{Must: 5, Goal: 2}
	tests := []struct {
		axis  Axis
		value float64
		want  Verdict
	}{
		{least, 1.2, Goal}, {least, 1.19, Met}, {least, 0.8, Met}, {least, 0.79, Missed},
		{most, 2, Goal}, {most, 2.1, Met}, {most, 5, Met}, {most, 5.1, Missed},
		{Axis{}, 0, Goal}, {Axis{}, 1, Missed},
		{Axis{Must: none, Goal: 0}, 0, Goal}, {Axis{Must: none, Goal: 0}, 1, Met},
		{Axis{Must: none, Goal: none}, 7, ""},
		{most, math.NaN(), Missed},
	}
	for _, tt := range tests {
		if got := tt.axis.verdict(tt.value); got != tt.want {
			t.Errorf("%v of must %v, goal %v: %q, want %q", tt.value, tt.axis.Must, tt.axis.Goal, got, tt.want)
		}
	}
}

// A promise broken in one round is broken, whatever the median says.
func TestWorstRoundCounts(t *testing.T) {
	rounds := []float64{0, 0, 3, 0, 0}
	if got := (Axis{Worst: true}).value(rounds); got != 3 {
		t.Errorf("worst of %v is %v", rounds, got)
	}
	if got := (Axis{Worst: true, Most: true}).value(rounds); got != 0 {
		t.Errorf("worst of %v is %v where more is better", rounds, got)
	}
	if got := (Axis{}).value(rounds); got != 0 {
		t.Errorf("median of %v is %v", rounds, got)
	}
}

func TestThousands(t *testing.T) {
	for want, number := range map[string]struct {
		value  float64
		digits int
	}{
		"0": {0, 0}, "999": {999, 0}, "1,000": {1000, 0}, "1,000,000": {1e6, 0}, "12,345.68": {12345.678, 2},
		"-123": {-123, 0}, "-1,234": {-1234, 0}, "0.050": {0.05, 3},
	} {
		if got := Thousands(number.value, number.digits); got != want {
			t.Errorf("%v is written %q, want %q", number.value, got, want)
		}
	}
}

func TestAxesAreWhole(t *testing.T) {
	seen := make(map[string]bool)
	for _, a := range Axes() {
		if a.Key == "" || a.Part == "" || seen[a.Key] {
			t.Errorf("axis %+v has no key or part, or one that is taken", a)
		}
		seen[a.Key] = true
		if a.Must != none && a.Goal != none && (a.Goal-a.Must)*map[bool]float64{true: 1, false: -1}[a.Most] < 0 {
			t.Errorf("%s: the goal %v asks for less than the must %v", a.Key, a.Goal, a.Must)
		}
		if strings.Contains(a.Name, "%s") != (a.Size > 0) {
			t.Errorf("%s: %q and the size %d do not belong together", a.Key, a.Name, a.Size)
		}
	}
}

// sample has figures of each kind; what it lacks is shown only among all.
func sample() []Figure {
	return []Figure{
		{Axis: "send", Rounds: []float64{1.31, 1.2, 1.4, 1.25, 1.33}, Beside: "4,950 : 3,790 mails/s"},
		{Axis: "send work", Rounds: []float64{0.0712, 0.0699, 0.0745}},
		{Axis: "send later", Rounds: []float64{3.9}},
		{Axis: "send memory", Size: 2000, Rounds: []float64{65.02, 64.98, 66}},
		{Axis: "kill twice", Rounds: []float64{3, 17, 0}},
		{Axis: "feed plain", Lacking: "there is no nginx here"},
		{Axis: "delivery large", Rounds: []float64{46.1, 46.1}},
	}
}

func TestPrint(t *testing.T) {
	m := Machine{Commit: "0a1b2c3+", When: time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC), Cores: 2,
		Processor: "Z80", System: "Linux 6.1.0 x86_64", Go: "go1.26.0"}
	for name, all := range map[string]bool{"all.txt": true, "some.txt": false} {
		var out bytes.Buffer
		if err := Print(&out, m, sample(), all); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), out.String()); d != "" {
			t.Errorf("%s (-want +got)\n%s", name, d)
		}
	}
}

func TestBooksShareAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "figures")
	all := sample()
	for _, part := range [][]Figure{all[:2], all[2:]} {
		b := Open(path)
		if err := b.Add(part...); err != nil {
			t.Fatal(err)
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(all, got); d != "" {
		t.Errorf("(-kept +read)\n%s", d)
	}
	if err := Open(path).Add(Figure{Axis: "sned"}); err == nil {
		t.Error("an axis that does not exist was kept")
	}
}

func TestThisMachine(t *testing.T) {
	if m := ThisMachine(); m.Cores < 1 || m.Processor == "" || m.Commit == "" || m.System == "" || !strings.HasPrefix(m.Go, "go") {
		t.Errorf("%+v", m)
	}
}
