// Command benchtable prints the table of what the benches have measured, from the
// file in which they kept it. It is the end of `make bench`.
package main

import (
	"fmt"
	"os"

	"postrider/scripts/figures"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: benchtable FILE")
		os.Exit(2)
	}
	measured, err := figures.Read(os.Args[1])
	if err == nil {
		err = figures.Print(os.Stdout, figures.ThisMachine(), measured, true)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchtable:", err)
		os.Exit(1)
	}
}
