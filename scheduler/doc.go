// Package scheduler makes issues of what is due. Its [Clock] knows when, its
// [Cutter] how: it publishes scheduled posts, plans who gets which posts, has each
// variant rendered without holding a lock, writes the frozen issue in one short
// transaction and adds its recipients in batches. Everything it does may be
// interrupted at any point and begun again: an issue that was written is
// finished, never made a second time.
//
// It decides nothing about single readers (package newsletter does) and sends
// nothing (package mailer does).
package scheduler

import (
	"context"
	"time"

	"postrider/newsletter"
	"postrider/post"
)

// Posts is where posts are published and read as they stood at a revision.
type Posts interface {
	PublishDue(ctx context.Context, now time.Time) ([]post.Post, error)
	PostAt(ctx context.Context, id string, revision int) (post.Post, error)
}

// Windows is where a cut is planned from and written to.
type Windows interface {
	// Snapshot reads what a plan is made of, in one transaction.
	Snapshot(ctx context.Context, a newsletter.Audience, now time.Time) (newsletter.Snapshot, error)
	// WriteIssue stores an issue with its variants, or fails with
	// [newsletter.ErrChanged] or [newsletter.ErrWindowTaken] and stores nothing.
	WriteIssue(ctx context.Context, is newsletter.Issue, a newsletter.Audience, snap newsletter.Snapshot, variants []newsletter.Variant) error
	// CloseWindow records a window that gets no issue. An empty one moves the
	// cursors of its audience and fails like WriteIssue; a missed one moves nothing.
	CloseWindow(ctx context.Context, c newsletter.Closing, a newsletter.Audience, now time.Time) error
}

// Recipients is where the readers of a written issue are added to the ledger.
type Recipients interface {
	// UnfinishedIssue returns an issue of the digest that still lacks
	// recipients, with all the posts it may hold.
	UnfinishedIssue(ctx context.Context, digest string) (newsletter.Unfinished, bool, error)
	// Expand adds the next readers, at most limit, in one transaction. It asks
	// assign for each kind of reader which posts they get; none moves them on
	// without mail. It fails with [*newsletter.MissingVariant] if the issue
	// does not hold that variant: AddVariant has to bring it first.
	Expand(ctx context.Context, issueID string, limit int, now time.Time, assign func(newsletter.Group) []newsletter.Publication) (newsletter.Expansion, error)
	AddVariant(ctx context.Context, issueID string, v newsletter.Variant) error
}
