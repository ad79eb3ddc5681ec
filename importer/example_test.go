package importer_test

import (
	"errors"
	"fmt"
	"log"
	"strings"

	"postrider/importer"
)

func ExampleReader() {
	file := strings.NewReader("E-Mail;Name;Status\nann@Example.org;Ann;subscribed\nbob@;Bob;subscribed\n")
	r, err := importer.NewReader(file, importer.Options{})
	if err != nil {
		log.Fatal(err)
	}
	for row, err := range r.All() {
		if rejected, ok := errors.AsType[*importer.Rejection](err); ok {
			fmt.Println("not imported:", rejected)
			continue
		}
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(row.Email, row.State)
	}
	// Output:
	// ann@example.org active
	// not imported: line 3: bob@: not a mail address: nothing stands after the @
}
