package post

import (
	"errors"
	"fmt"
	"time"

	"go.yaml.in/yaml/v3"
)

// New returns the file of a new Markdown post: its name, from the day of now in
// now's zone and the title's slug, and its content, a draft with front matter
// only. [Parse] reads both back.
func New(title string, now time.Time) (fileName string, content []byte, err error) {
	title = oneLine(scrub(title))
	if title == "" {
		return "", nil, errors.New("new post: the title is empty; write one")
	}
	if err := checkTitle(title); err != nil {
		return "", nil, fmt.Errorf("new post: the title %w", err)
	}
	matter, err := yaml.Marshal(struct {
		Title string    `yaml:"title"`
		Date  time.Time `yaml:"date"`
		Draft bool      `yaml:"draft"`
	}{title, now.Truncate(time.Second), true})
	if err != nil {
		return "", nil, fmt.Errorf("new post: write front matter: %w", err)
	}
	fileName = now.Format(time.DateOnly) + "-" + MakeSlug(title) + ".md"
	return fileName, []byte("---\n" + string(matter) + "---\n\n"), nil
}
