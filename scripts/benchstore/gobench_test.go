package main

import (
	"slices"
	"testing"
)

func TestParseBench(t *testing.T) {
	out := `goos: linux
pkg: postrider/store
BenchmarkClaim/1000-2    	     100	   1250000 ns/op	       3.5 MB/s	    1000 allocs/op
BenchmarkClaim/1000-2    	     100	   980000.5 ns/op
BenchmarkClaimNothing
BenchmarkRecord-2        	     100	       7 ns/op
PASS
ok  	postrider/store	9.1s
`
	got, err := parseBench(out, "BenchmarkClaim")
	if want := []float64{1.25, 0.9800005}; err != nil || !slices.Equal(got, want) {
		t.Errorf("read %v, %v; want %v", got, err, want)
	}
	if got, err := parseBench(out, "BenchmarkExpand"); err == nil {
		t.Errorf("a benchmark that did not run came to %v", got)
	}
}

func TestListHasEveryReaderOnce(t *testing.T) {
	for _, rows := range []int{1, 2000, 50_000} {
		seen := make(map[int]bool)
		for i := range rows {
			seen[i*stride%rows] = true
		}
		if len(seen) != rows {
			t.Errorf("a list of %d has %d readers", rows, len(seen))
		}
	}
}
