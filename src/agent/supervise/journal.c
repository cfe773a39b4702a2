#include "journal.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool has_record(int folder, const char *name) {
  return faccessat(folder, name, F_OK, 0) == 0;
}

/**
 * A name that nobody else uses: two supervisors of one run may be alive until one has the claim. The processes of one unit
 * have its invocation in common.
 */
static void temporary_name(char path[NAME_MAX], const char *name) {
  const char *invocation = getenv("INVOCATION_ID");
  if (invocation == NULL) snprintf(path, NAME_MAX, ".%s.%d", name, getpid());
  else snprintf(path, NAME_MAX, ".%s.%.64s", name, invocation);
}

/** Creates a new file: a leftover of a process with the same pid may be linked as a record. */
static int open_temporary(int folder, const char *name, char path[NAME_MAX]) {
  temporary_name(path, name);
  unlinkat(folder, path, 0);
  return openat(folder, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

static bool write_all(int fd, const char *text) {
  size_t left = strlen(text);
  off_t at = 0;
  while (left > 0) {
    ssize_t count = pwrite(fd, text + at, left, at);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    at += count;
    left -= (size_t)count;
  }
  return true;
}

/** Keeps errno. */
static void leave_temporary(int folder, int fd, const char *temporary) {
  int error = errno;
  close(fd);
  unlinkat(folder, temporary, 0);
  errno = error;
}

/** Syncs the bytes, links the name, syncs the folder, in this order. link(2) never replaces. */
static bool publish(int folder, int fd, const char *temporary, const char *name) {
  bool is_written = fsync(fd) == 0 && linkat(folder, temporary, folder, name, 0) == 0;
  leave_temporary(folder, fd, temporary);
  return is_written && fsync(folder) == 0;
}

bool write_record(int folder, const char *name, const char *text) {
  char temporary[NAME_MAX];
  int fd = open_temporary(folder, name, temporary);
  if (fd < 0) return false;
  if (write_all(fd, text)) return publish(folder, fd, temporary, name);
  leave_temporary(folder, fd, temporary);
  return false;
}

int reserve_room(int folder, const char *name) {
  char temporary[NAME_MAX];
  int fd = open_temporary(folder, name, temporary);
  if (fd < 0) return -1;
  int error = posix_fallocate(fd, 0, RECORD_BYTES);
  if (error == 0 && fsync(fd) == 0) return fd;
  if (error == 0) error = errno;
  close(fd);
  unlinkat(folder, temporary, 0);
  errno = error;
  return -1;
}

int find_room(int folder, const char *name) {
  char temporary[NAME_MAX];
  temporary_name(temporary, name);
  return openat(folder, temporary, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
}

void give_room_back(int folder, const char *name) {
  char temporary[NAME_MAX];
  temporary_name(temporary, name);
  unlinkat(folder, temporary, 0);
}

bool write_reserved(int folder, int reserved, const char *name, const char *text) {
  char temporary[NAME_MAX];
  temporary_name(temporary, name);
  // Truncation needs no room.
  if (!write_all(reserved, text) || ftruncate(reserved, (off_t)strlen(text)) != 0) return false;
  return publish(folder, reserved, temporary, name);
}
