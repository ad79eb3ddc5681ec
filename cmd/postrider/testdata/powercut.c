/*
 * A disk that can lose its power. Preloaded into a program, this notes every
 * write, truncation, removal and sync of the files in $POWERCUT_DIR in the file
 * $POWERCUT_LOG, so that a test can rebuild what a disk may hold that lost power:
 * what was synced, and some of what was not.
 *
 * A write is noted before it is done and a sync after, so that the note never
 * promises more than the program was told. One note is one write to a file opened
 * for appending, which the kernel does not divide among threads. With
 * $POWERCUT_LIES set no sync is noted: the disk says that it has, and has not.
 *
 * A note is: operation (1 octet), length of the path (2), offset or size (8),
 * length of the data (4), all little-endian as the machine has them, path, data.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int log_fd = -1;
static const char *dir;
static size_t dir_len;
static int lies;

__attribute__((constructor)) static void begin(void) {
	const char *path = getenv("POWERCUT_LOG");
	dir = getenv("POWERCUT_DIR");
	lies = getenv("POWERCUT_LIES") != NULL;
	if (path == NULL || dir == NULL) return;
	dir_len = strlen(dir);
	log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (log_fd < 0) _exit(98);
}

static void note(char op, const char *path, int64_t at, const void *data, uint32_t len) {
	if (log_fd < 0 || strncmp(path, dir, dir_len) != 0) return;
	uint16_t path_len = strlen(path);
	size_t size = 15 + path_len + len;
	char *all = malloc(size);
	if (all == NULL) _exit(98);
	all[0] = op;
	memcpy(all + 1, &path_len, 2);
	memcpy(all + 3, &at, 8);
	memcpy(all + 11, &len, 4);
	memcpy(all + 15, path, path_len);
	if (len > 0) memcpy(all + 15 + path_len, data, len);
	if (syscall(SYS_write, log_fd, all, size) != (long)size) _exit(98);
	free(all);
}

static void note_fd(char op, int fd, int64_t at, const void *data, uint32_t len) {
	char link[64], path[PATH_MAX];
	if (log_fd < 0 || fd == log_fd) return;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, path, sizeof path - 1);
	if (n <= 0) return;
	path[n] = 0;
	note(op, path, at, data, len);
}

ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at) {
	note_fd('w', fd, at, data, len);
	return syscall(SYS_pwrite64, fd, data, len, at);
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at) { return pwrite64(fd, data, len, at); }

ssize_t write(int fd, const void *data, size_t len) {
	off_t at = lseek(fd, 0, SEEK_CUR);
	if (at >= 0) note_fd('w', fd, at, data, len);
	return syscall(SYS_write, fd, data, len);
}

int ftruncate64(int fd, off64_t size) {
	note_fd('t', fd, size, NULL, 0);
	return syscall(SYS_ftruncate, fd, size);
}

int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

int fsync(int fd) {
	int r = syscall(SYS_fsync, fd);
	if (r == 0 && !lies) note_fd('s', fd, 0, NULL, 0);
	return r;
}

int fdatasync(int fd) {
	int r = syscall(SYS_fdatasync, fd);
	if (r == 0 && !lies) note_fd('s', fd, 0, NULL, 0);
	return r;
}

int unlink(const char *path) {
	note('u', path, 0, NULL, 0);
	return syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}
