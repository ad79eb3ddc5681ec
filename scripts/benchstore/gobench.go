package main

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"postrider/scripts/figures"
)

// claims measures what only the store's own benchmark can ask it.
func (b bench) claims() error {
	if b.rows == 0 {
		return nil
	}
	b.Say("Store: BenchmarkClaim, %s deliveries", figures.Thousands(float64(b.rows), 0))
	rounds, err := b.goBench("./store", "BenchmarkClaim", "100x", "-readers", strconv.Itoa(b.rows))
	if err != nil {
		return err
	}
	return b.Add(figures.Figure{Axis: "claim", Size: b.rows, Rounds: rounds, Beside: "means of 100 claims"})
}

func (b bench) renders() error {
	b.Say("Feeds: BenchmarkRender")
	rounds, err := b.goBench("./feed", "BenchmarkRender", "100x")
	if err != nil {
		return err
	}
	return b.Add(figures.Figure{Axis: "feed render", Rounds: rounds, Beside: "means of 100 renderings"})
}

// goBench runs a benchmark of Go in every round, and gives its milliseconds an operation.
func (b bench) goBench(pkg, name, times string, args ...string) ([]float64, error) {
	goCommand := os.Getenv("GO")
	if goCommand == "" {
		goCommand = "go"
	}
	all := append([]string{"test", pkg, "-run", "^$", "-bench", "^" + name + "$",
		"-benchtime", times, "-count", strconv.Itoa(b.rounds), "-timeout", "1h"}, args...)
	out, err := exec.Command(goCommand, all...).CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w\n%s", strings.Join(all, " "), err, out)
	}
	rounds, err := parseBench(string(out), name)
	if err != nil {
		return nil, err
	}
	for _, ms := range rounds {
		b.Say("  %.3f ms", ms)
	}
	return rounds, nil
}

// parseBench reads the milliseconds an operation of each line of a benchmark, or of its
// parts, in the format of https://golang.org/design/14313-benchmark-format.
func parseBench(out, name string) ([]float64, error) {
	var rounds []float64
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		if len(fields) < 4 || len(fields)%2 != 0 || !strings.HasPrefix(fields[0], name) {
			continue
		}
		for i := 2; i < len(fields); i += 2 {
			if fields[i+1] != "ns/op" {
				continue
			}
			ns, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return nil, fmt.Errorf("read %q of %s: %w", line, name, err)
			}
			rounds = append(rounds, ns/1e6)
		}
	}
	if len(rounds) == 0 {
		return nil, fmt.Errorf("%s told no figure:\n%s", name, out)
	}
	return rounds, nil
}
