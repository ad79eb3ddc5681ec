package feed

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
)

// Prune removes the feeds of tags that no longer exist and pages of an archive that
// is none any more, whose posts would otherwise stay public for ever, and adds them to the report that [Write] gave
// of the same folder. It takes only files that are named as such feeds are, say of
// themselves that they are this site's feed at that address, and are not in the
// report; then the folders that this leaves empty.
func Prune(ctx context.Context, dir string, site Site, r *Report) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("open folder for feeds: %w", explain(err))
	}
	defer root.Close()
	kept := slices.Concat(r.Written, r.Unchanged)
	slices.Sort(kept)
	for _, pattern := range []string{"tags/*/", "archive/*/"} {
		if err := prune(ctx, root, pattern, site, kept, r); err != nil {
			return err
		}
	}
	return nil
}

func prune(ctx context.Context, root *os.Root, pattern string, site Site, kept []string, r *Report) error {
	for _, f := range Formats() {
		found, err := fs.Glob(root.FS(), pattern+f.FileName())
		if err != nil {
			return fmt.Errorf("look for old feeds in %s: %w", root.Name(), err)
		}
		for _, name := range found {
			if err := ctx.Err(); err != nil {
				return err
			}
			if _, keep := slices.BinarySearch(kept, name); keep || !ours(root, name, site) {
				continue
			}
			if err := root.Remove(filepath.FromSlash(name)); err != nil {
				return fmt.Errorf("remove old feed from %s: %w", root.Name(), explain(err))
			}
			r.Removed = append(r.Removed, name)
			_ = root.Remove(filepath.FromSlash(path.Dir(name))) // fails, as it should, unless empty
		}
	}
	return nil
}

// ours tells whether the feed at a path names its own address on the site.
func ours(root *os.Root, name string, site Site) bool {
	data, err := root.ReadFile(filepath.FromSlash(name))
	return err == nil && bytes.Contains(data, []byte(`"`+site.URL.JoinPath(name).String()+`"`))
}
