//go:build linux && cgo

package store

// The C library gives every thread that allocates a heap of its own. Go moves
// its calls of SQLite between threads, so that page caches come to lie scattered
// over all of these heaps, and a process that sends for a minute holds three
// times the memory that it uses. One heap is enough: SQLite's connections hardly
// ever allocate at the same time. The limit counts only if it is set before the
// first thread begins, hence a constructor.

/*
#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
__attribute__((constructor)) static void postrider_one_heap(void) { mallopt(M_ARENA_MAX, 1); }
#endif
*/
import "C"
