// Package importer reads lists of subscribers that other systems wrote, and
// writes such a list for them. It turns rows of CSV into the terms of package
// newsletter and says of every row it cannot use where it stands and why. It
// stores nothing and keeps no row, so a list may be longer than memory; that
// no address comes twice is for the caller's unique index to find.
//
// A caller makes a [Reader], looks at [Reader.Ignored] and goes through
// [Reader.All]:
//
//	r, err := importer.NewReader(file, importer.Options{})
//	…
//	for row, err := range r.All() {
//		if rejected, ok := errors.AsType[*importer.Rejection](err); ok {
//			report(rejected)
//			continue
//		}
//		if err != nil {
//			return err // the file cannot be read any further
//		}
//		store(row)
//	}
package importer
