// Package templates holds how mail and pages look and which words they use: the
// embedded defaults, and the overlay that lets a user replace any of them by a
// file of the same name.
//
// [Load] reads both into a [Set]. [Set.Language] makes a [Mail] of it, bound to
// one language, which executes a template by name: [Mail.HTML] with the html
// escaping of html/template, [Mail.Text] wrapped for a plain-text part.
// [Inline] moves the style sheet into style attributes, as mail clients need.
// [Set.Pages] makes [Pages] of it, the same for what a browser shows.
//
// The package knows no data: what a template may use is said by the caller's
// types. It knows one rule of them, that the field [Opaque] is filled in for
// each reader after a template was executed, and refuses every template that
// does more with it than print it.
//
// # Functions
//
// Beside the built-in functions of text/template, all of them pure, a template
// may call only these:
//
//	word KEY ARG…       a word of words/LANGUAGE.toml, each {} replaced by an ARG
//	date TIME [LAYOUT]  a date in the reader's words; LAYOUT as in Go's time package
//	upper S, lower S    S in upper or lower case
//	truncate N S        the first N characters of S, ended at a word, with …
//	join SEP LIST       the texts of LIST with SEP between them
//	people LIST         names as a sentence has them: A, B and C
//	default S VALUE     VALUE, or S where VALUE is empty
//	underline MARK S    S with a line of MARKs of the same width below it
//	stylesheet          the style sheet, for a style element (mail's HTML only)
//	outlook S           S for Outlook on Windows only: a conditional comment (mail's HTML only)
package templates

import "embed"

// Opaque is the field whose values are personal: a template may print them and
// do nothing else with them.
const Opaque = "Reader"

// The files of the defaults, by the names an overlay uses.
//
//go:embed mail pages words
var defaults embed.FS
