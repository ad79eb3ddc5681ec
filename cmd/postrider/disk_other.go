//go:build !unix

package main

import "errors"

// roomAt cannot be asked in a portable way.
func roomAt(string) (int64, error) { return 0, errors.New("this system does not tell") }
