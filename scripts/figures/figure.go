package figures

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// Figure is what was measured on an axis.
type Figure struct {
	Axis   string    `json:"axis"`           // its key
	Size   int       `json:"size,omitempty"` // 0: that of the axis
	Rounds []float64 `json:"rounds"`
	// Beside are the figures behind a ratio, or what belongs to it.
	Beside string `json:"beside,omitempty"`
	// Lacking says why there are no rounds.
	Lacking string `json:"lacking,omitempty"`
}

// Median is the middle of values, which it leaves in their order; NaN for none.
func Median(values []float64) float64 {
	n := len(values)
	if n == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// Ratios are those of each round. Their median says more than the ratio of two
// medians: what slows a round down slows both.
func Ratios(ours, theirs []float64) []float64 {
	ratios := make([]float64, min(len(ours), len(theirs)))
	for i := range ratios {
		ratios[i] = ours[i] / theirs[i]
	}
	return ratios
}

// Verdict says what was reached.
type Verdict string

// The verdicts. Of an axis without limits nothing is said.
const (
	Goal   Verdict = "goal"
	Met    Verdict = "met" // what must be
	Missed Verdict = "missed"
)

// value is what is shown and judged of the rounds.
func (a Axis) value(rounds []float64) float64 {
	switch {
	case !a.Worst:
		return Median(rounds)
	case a.Most:
		return slices.Min(rounds)
	}
	return slices.Max(rounds)
}

func (a Axis) verdict(value float64) Verdict {
	reaches := func(limit float64) bool {
		return limit == none || (a.Most && value >= limit) || (!a.Most && value <= limit)
	}
	switch {
	case a.Must == none && a.Goal == none:
		return ""
	case !reaches(a.Must) || math.IsNaN(value):
		return Missed
	case a.Goal != none && reaches(a.Goal):
		return Goal
	}
	return Met
}

// number writes a value of the axis; with its unit if that is wanted.
func (a Axis) number(value float64, unit bool) string {
	s := Thousands(value, a.Digits)
	if unit && a.Unit != "" {
		s += " " + a.Unit
	}
	return s
}

// limit writes a must or a goal, with the side on which it lies.
func (a Axis) limit(value float64) string {
	switch {
	case value == none:
		return ""
	case value == 0:
		return "0"
	}
	side := "≤ "
	if a.Most {
		side = "≥ "
	}
	s := side + strconv.FormatFloat(value, 'f', -1, 64)
	if a.Unit != "" {
		s += " " + a.Unit
	}
	return s
}

// Thousands writes a number with so many digits after the point, and a comma
// between every three before it.
func Thousands(value float64, digits int) string {
	s := strconv.FormatFloat(value, 'f', digits, 64)
	whole, rest, _ := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0 && whole[i-1] != '-'; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if rest != "" {
		return whole + "." + rest
	}
	return whole
}
