package feed

import "iter"

// File is a document and where it lies below its folder or site, with "/"
// between the parts of its path.
type File struct {
	Path string
	Data []byte
}

// Files renders every channel in every format, one at a time as they are asked
// for. It stops at the first error.
func Files(channels iter.Seq2[Channel, error]) iter.Seq2[File, error] {
	return func(yield func(File, error) bool) {
		for c, err := range channels {
			if err != nil {
				yield(File{}, err)
				return
			}
			for _, f := range Formats() {
				data, err := Render(c, f)
				if !yield(File{Path: c.Address(f).Path(), Data: data}, err) || err != nil {
					return
				}
			}
		}
	}
}
