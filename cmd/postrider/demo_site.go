package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"postrider"
	"postrider/cmd/postrider/config"
)

// demoPosts are the bundled posts, the newest first by the number in their names,
// and a folder of pictures for each that has some.
//
//go:embed demo/posts
var demoPosts embed.FS

// demoStep is how far apart the bundled posts are dated. All of them lie within
// the week that a digest tells of.
const demoStep = 14 * time.Hour

// demoSite is a session of its own in a temporary folder. Its steps are those of
// the commands, with what they print thrown away.
type demoSite struct {
	*session
	dir string
}

// newDemoSite makes the folder with its configuration and posts, and opens its
// database. When it fails, nothing is left behind.
func (a *app) newDemoSite(ctx context.Context, url string) (*demoSite, error) {
	dir, err := os.MkdirTemp("", "postrider-demo-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the demo: %w; set TMPDIR to a place that can be written", err)
	}
	site := &demoSite{dir: dir}
	if err := site.open(ctx, a, url); err != nil {
		return nil, errors.Join(err, site.remove())
	}
	return site, nil
}

func (d *demoSite) open(ctx context.Context, a *app, url string) (err error) {
	if d.dir, err = filepath.Abs(d.dir); err != nil {
		return err
	}
	settings, err := demoConfig(url)
	if err != nil {
		return err
	}
	file := d.path("config.yaml")
	if err := writeNew(file, settings); err != nil {
		return err
	}
	if err := copyDemoPosts(d.dir, a.now()); err != nil {
		return err
	}
	// What the environment says is meant for another site, and could send these
	// mails out.
	cfg, err := config.Load(file, func(string) string { return "" })
	if err != nil {
		return err
	}
	quiet := *a
	quiet.out, quiet.json, quiet.quiet = io.Discard, false, true
	d.session, err = quiet.openSession(ctx, cfg)
	return err
}

// path is where something of the demo lies.
func (d *demoSite) path(parts ...string) string {
	return filepath.Join(append([]string{d.dir}, parts...)...)
}

// remove takes away a demo that did not come about.
func (d *demoSite) remove() error { return os.RemoveAll(d.dir) }

// demoConfig is the annotated configuration with the demo's own values in it.
func demoConfig(url string) ([]byte, error) {
	text := postrider.Config()
	_, address, _ := strings.Cut(url, "://")
	for _, s := range []struct{ key, value string }{
		{"site.title", "The Saddlebag"},
		{"site.description", "Letters, roads, and what people carried along them."},
		{"site.url", url},
		{"site.author.name", "Ida Quill"},
		{"site.postal_address", "The Saddlebag, 3 Relay Yard, Exampleton"},
		{"server.address", address},
		{"subscribe.welcome", "true"}, // its mail has the link to the preferences
		{"mail.from", "The Saddlebag <letters@example.org>"},
	} {
		var err error
		if text, err = setYAML(text, s.key, s.value); err != nil {
			return nil, fmt.Errorf("set %s: %w", s.key, err)
		}
	}
	return []byte(text), nil
}

// setYAML gives a one-line value another text, in place, so that comments and
// blank lines stay as a person wrote them.
func setYAML(text, key, value string) (string, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		return "", err
	}
	node := &doc
	if len(doc.Content) > 0 {
		node = doc.Content[0]
	}
	for name := range strings.SplitSeq(key, ".") {
		i := 0
		for i+1 < len(node.Content) && node.Content[i].Value != name {
			i += 2
		}
		if i+1 >= len(node.Content) {
			return "", fmt.Errorf("the default settings have no %q", name)
		}
		node = node.Content[i+1]
	}
	written, err := yaml.Marshal(value)
	if err != nil {
		return "", err
	}
	lines := strings.SplitAfter(text, "\n")
	line := lines[node.Line-1]
	old := node.Value
	if node.Style == yaml.DoubleQuotedStyle {
		old = `"` + old + `"`
	}
	rest, ok := strings.CutPrefix(line[node.Column-1:], old)
	if !ok {
		return "", fmt.Errorf("line %d is not what was read of it", node.Line)
	}
	lines[node.Line-1] = line[:node.Column-1] + strings.TrimSpace(string(written)) + rest
	return strings.Join(lines, ""), nil
}

// copyDemoPosts writes the bundled posts into posts/, dated over the last days,
// and their pictures there and beside the feeds in public/.
func copyDemoPosts(dir string, now time.Time) error {
	const root = "demo/posts"
	age := time.Hour
	return fs.WalkDir(demoPosts, root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := demoPosts.ReadFile(name)
		if err != nil {
			return err
		}
		inside := strings.TrimPrefix(name, root+"/")
		if path.Dir(inside) != "." {
			return errors.Join(writeFileIn(dir, "posts/"+inside, data), writeFileIn(dir, "public/posts/"+inside, data))
		}
		at := now.Add(-age).Truncate(time.Minute)
		age += demoStep
		_, slug, _ := strings.Cut(inside, "-")
		dated := strings.Replace(string(data), "---\n", "---\ndate: "+at.Format(time.RFC3339)+"\n", 1)
		return writeFileIn(dir, "posts/"+at.Format(time.DateOnly)+"-"+slug, []byte(dated))
	})
}

func writeFileIn(dir, name string, data []byte) error {
	file := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return writeNew(file, data)
}
