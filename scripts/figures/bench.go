package figures

import (
	"flag"
	"fmt"
	"os"
)

// Main is what every bench is: it parses the flags, which are defined before, measures
// into a book, and closes that. What fails ends the process with 1.
func Main(name string, measure func(*Book) error) {
	record := flag.String("record", "", "the `FILE` that keeps the figures; empty: print their table")
	flag.Parse()
	book := Open(*record)
	err := measure(book)
	if err == nil {
		err = book.Close()
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}
