//go:build !unix

package main

// hampered is the program itself: this system has no such limits to set.
func hampered() { main() }
