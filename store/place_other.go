//go:build !unix

package store

import (
	"fmt"
	"os"
)

// placeOf is all that can be told of a file in a portable way: a copy is noticed
// if it lies elsewhere or on a machine of another name.
func placeOf(path string) (place, error) {
	host, err := os.Hostname()
	if err != nil {
		return place{}, err
	}
	return place{id: fmt.Sprintf("%s on %s", path, host)}, nil
}
