package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"postrider/importer"
	"postrider/newsletter"
	"postrider/store"
)

func newSubscriberImport(a *app) *cobra.Command {
	var v vouching
	var cadence string
	var skipInvalid bool
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Add a list of subscribers from CSV",
		Long: `Add the subscribers of a CSV file; FILE - is standard input. The first line names
the columns, in any order: email, and if you have them name, cadence, topics, state.

Every line that cannot be used is reported with its number and the reason; then
nothing is imported, unless --skip-invalid leaves those lines out. Who is on the
list stays as they are, so an import never brings back who has left; but whose line
says unsubscribed, bounced or complained leaves the list. Of lines with the same
address the first counts, or the one that says that they left.

Subscribers are pending until they confirm, unless --confirmed with --consent says
that they agreed elsewhere.`,
		Args: usage(cobra.ExactArgs(1)),
	}
	v.flags(cmd)
	cmd.Flags().StringVar(&cadence, "cadence", string(newsletter.Weekly), "the `CADENCE` of lines that name none: instant, daily, weekly or monthly")
	cmd.Flags().BoolVar(&skipInvalid, "skip-invalid", false, "import the rest when lines cannot be used")
	cmd.RunE = a.inSession(func(ctx context.Context, s *session, args []string) error {
		o, err := s.importOptions(v, cadence, args[0])
		if err != nil {
			return err
		}
		return s.importFile(ctx, args[0], o, skipInvalid)
	})
	return cmd
}

func (s *session) importOptions(v vouching, cadence, file string) (store.ImportOptions, error) {
	state, err := v.state()
	if err != nil {
		return store.ImportOptions{}, err
	}
	c, err := s.parseCadence(cadence)
	if err != nil {
		return store.ImportOptions{}, err
	}
	o := store.ImportOptions{Now: s.now(), State: state, Cadence: c,
		Consent: v.record(s.now(), "import", file), Joining: map[newsletter.Cadence]store.Joining{}}
	for _, d := range s.cfg.NewsletterDigests() {
		o.Joining[d.Cadence] = s.joining(d.Cadence)
	}
	return o, nil
}

// importView is what an import did, as --json shows it.
type importView struct {
	Added      int           `json:"added"`
	AddedLeft  int           `json:"added_left"` // of those: kept as one who left, or may not be mailed
	Existing   int           `json:"existing"`
	Left       int           `json:"left"` // were on the list, and left it by this file
	Suppressed int           `json:"suppressed"`
	Duplicates int           `json:"duplicates"`
	Rejected   []rejectView  `json:"rejected"` // cannot be used
	Skipped    []skippedView `json:"skipped"`  // not added, though well-formed
	Ignored    []string      `json:"ignored_columns"`
}

type rejectView struct {
	Line   int    `json:"line"`
	Value  string `json:"value"`
	Reason string `json:"reason"`
}

type skippedView struct {
	Line   int                `json:"line"`
	Email  newsletter.Address `json:"email"`
	Reason store.SkipReason   `json:"reason"`
	State  newsletter.State   `json:"state,omitempty"`
}

// maxTold is how many lines about rows that were not added are told unasked: a list that
// is put together from others may repeat half of them.
const maxTold = 100

// importing is an import under way: what to read and what to say of it.
type importing struct {
	*session
	file        string
	skipInvalid bool
	state       newsletter.State // that rows get which say none
	rejected    int
	told        int // lines about rows that were not added
	view        importView
	bar         *progress
}

func (s *session) importFile(ctx context.Context, file string, o store.ImportOptions, skipInvalid bool) error {
	in, size, err := s.openInput(ctx, file)
	if err != nil {
		return err
	}
	defer in.Close()
	r, err := importer.NewReader(in, importer.Options{})
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	im := &importing{session: s, file: file, skipInvalid: skipInvalid, state: o.State, bar: s.fileProgress(file),
		view: importView{Rejected: []rejectView{}, Skipped: []skippedView{}, Ignored: append([]string{}, r.Ignored()...)}}
	if len(r.Ignored()) > 0 {
		s.warn("%s: columns that were passed over: %s", file, strings.Join(r.Ignored(), ", "))
	}
	o.Skipped = im.skipped
	report, err := s.store.ImportSubscribers(ctx, im.rows(ctx, r, size), o)
	im.bar.end()
	if err != nil && ctx.Err() != nil {
		return errors.New("interrupted; nothing was imported")
	}
	if err != nil && im.rejected > 0 && im.json { // the lines are in the report
		return errors.Join(im.report(store.ImportReport{}), err)
	}
	if err != nil {
		return err
	}
	return im.report(report)
}

func (s *session) openInput(ctx context.Context, file string) (io.ReadCloser, int64, error) {
	if file == "-" {
		return io.NopCloser(s.reading(ctx)), 0, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, info.Size(), nil
}

// rows hands the usable rows on. Where one is not, the rest is still read, so
// that a person sees every fault of the file at once; then the import ends.
func (im *importing) rows(ctx context.Context, r *importer.Reader, size int64) iter.Seq2[store.NewRow, error] {
	return func(yield func(store.NewRow, error) bool) {
		read := 0
		for row, err := range r.All() {
			if read++; read%1000 == 0 {
				im.bar.set(r.Offset(), size)
				if ctx.Err() != nil {
					yield(store.NewRow{}, ctx.Err())
					return
				}
			}
			if err == nil {
				err = im.unserved(row)
			}
			if rejected, ok := errors.AsType[*importer.Rejection](err); ok {
				im.reject(rejected)
				continue
			}
			if err != nil {
				yield(store.NewRow{}, fmt.Errorf("%s: %w", im.file, err))
				return
			}
			if im.rejected > 0 && !im.skipInvalid {
				continue
			}
			if !yield(newRow(row), nil) {
				return
			}
		}
		if im.rejected > 0 && !im.skipInvalid {
			yield(store.NewRow{}, fmt.Errorf("%s of %s cannot be used, so nothing was imported; mend them, or leave them out with --skip-invalid",
				count(im.rejected, "line"), im.file))
		}
	}
}

// unserved refuses a row whose cadence no digest serves.
func (im *importing) unserved(row importer.Row) error {
	if row.Cadence == "" {
		return nil
	}
	if _, ok := im.cfg.NewsletterDigests().For(row.Cadence); ok {
		return nil
	}
	return &importer.Rejection{Line: row.Line, Value: string(row.Email), Reason: fmt.Sprintf("no digest is %s", row.Cadence)}
}

func newRow(row importer.Row) store.NewRow {
	return store.NewRow{Line: row.Line, Email: row.Email, Name: row.Name, Cadence: row.Cadence,
		Topics: row.Topics, State: row.State}
}

func (im *importing) reject(r *importer.Rejection) {
	im.rejected++
	if im.json {
		im.view.Rejected = append(im.view.Rejected, rejectView{r.Line, r.Value, r.Reason})
		return
	}
	what := r.Reason
	if r.Value != "" {
		what = r.Value + ": " + what
	}
	im.tell(fmt.Sprintf("%s:%d: %s", im.file, r.Line, what))
}

// skipped tells of a row that was not added. That a subscriber is on the list
// already is only worth a line to who asks for it: whole lists are imported
// again.
func (im *importing) skipped(row store.SkippedRow) {
	if im.json {
		im.view.Skipped = append(im.view.Skipped, skippedView{row.Line, row.Email, row.Reason, row.State})
		return
	}
	if row.Reason == store.SkippedExisting && !im.verbose || im.quiet {
		return
	}
	if im.told++; im.told > maxTold && !im.verbose {
		return
	}
	im.tell(fmt.Sprintf("%s:%d: %s: %s", im.file, row.Line, row.Email.Display(), skipWords(row)))
}

func skipWords(row store.SkippedRow) string {
	switch row.Reason {
	case store.SkippedDuplicate:
		return "stands in the file twice"
	case store.SkippedExisting:
		return fmt.Sprintf("is on the list already (%s) and stays so", row.State)
	case store.SkippedLeft:
		return fmt.Sprintf("was on the list, and is %s now", row.State)
	default:
		return fmt.Sprintf("may not be mailed (%s), and that stays so", row.State)
	}
}

func (im *importing) report(r store.ImportReport) error {
	v := im.view
	v.Added, v.AddedLeft, v.Existing, v.Left = r.Added, r.AddedLeft, r.Existing, r.Left
	v.Suppressed, v.Duplicates = r.Suppressed, r.Duplicates
	return im.show(v, func() {
		fmt.Fprintf(im.out, "added %d", r.Added)
		if r.AddedLeft > 0 {
			fmt.Fprintf(im.out, ", of them %d not to be mailed", r.AddedLeft)
		}
		fmt.Fprintln(im.out)
		if n := r.Added - r.AddedLeft; n > 0 && im.state == newsletter.Pending {
			fmt.Fprintf(im.out, "pending %d: they get no mail until they confirm, or `postrider subscriber confirm` says that they agreed elsewhere\n", n)
		}
		if r.Left > 0 {
			fmt.Fprintf(im.out, "taken off %d: on the list until now, and left by this file\n", r.Left)
		}
		for _, left := range []struct {
			n   int
			why string
		}{
			{r.Existing, "on the list already"},
			{r.Suppressed, "not to be mailed, and that stays so"},
			{r.Duplicates, "twice in the file"},
			{im.rejected, "unusable"},
		} {
			if left.n > 0 {
				fmt.Fprintf(im.out, "left out %d: %s\n", left.n, left.why)
			}
		}
		if im.told > maxTold && !im.verbose {
			fmt.Fprintf(im.out, "%d more lines are told with --verbose\n", im.told-maxTold)
		}
	})
}
