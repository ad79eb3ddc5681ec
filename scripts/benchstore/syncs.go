package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"postrider/scripts/figures"
)

// paragraph repeats; with it a post is a long letter of about 2 KB.
const paragraph = "The river had risen in the night, and *nobody* in the village spoke of [anything else](https://example.org/%d).\n\n"

// syncs reads a folder of posts into a new database, and then again, when nothing
// has changed.
func (b bench) syncs() error {
	if b.files == 0 {
		return nil
	}
	posts := filepath.Join(b.dir, "posts")
	if err := writePosts(posts, b.files); err != nil {
		return err
	}
	b.Say("Store: post sync of %s files", figures.Thousands(float64(b.files), 0))
	var first, second, firstCPU, secondCPU []float64
	for range b.rounds {
		dir, err := b.site("sync")
		if err != nil {
			return err
		}
		one, err := run(dir, b.program, "--quiet", "post", "sync", posts)
		if err != nil {
			return err
		}
		two, err := run(dir, b.program, "--quiet", "post", "sync", posts)
		if err != nil {
			return err
		}
		b.Say("  first run %.2f s, second run %.2f s", one.Wall.Seconds(), two.Wall.Seconds())
		first, second = append(first, one.Wall.Seconds()), append(second, two.Wall.Seconds())
		firstCPU, secondCPU = append(firstCPU, one.CPU.Seconds()), append(secondCPU, two.CPU.Seconds())
	}
	return b.Add(
		figures.Figure{Axis: "sync", Size: b.files, Rounds: first, Beside: fmt.Sprintf("%.2f s of CPU", figures.Median(firstCPU))},
		figures.Figure{Axis: "sync again", Rounds: second, Beside: fmt.Sprintf("%.2f s of CPU", figures.Median(secondCPU))})
}

// writePosts fills a folder with posts, no two alike.
func writePosts(dir string, n int) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for i := range n {
		text := fmt.Sprintf("---\ntitle: Letter %d\ndate: 2020-01-01\ntags: [letters]\n---\n", i) +
			strings.Repeat(fmt.Sprintf(paragraph, i), 18)
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("letter-%d.md", i)), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
