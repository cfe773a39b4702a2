#include "put.h"
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE_BYTES = 65536 };

/** Opens a file of this process's user with the ordered file's length and mode. NULL: it is none. */
static FILE *open_like(int folder, const char *name, const struct file *file) {
  struct stat found;
  int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return NULL;
  bool is_like = fstat(fd, &found) == 0 && S_ISREG(found.st_mode) && found.st_uid == geteuid() &&
                 (uint64_t)found.st_size == file->bytes && (found.st_mode & 07777) == file->mode;
  FILE *opened = is_like ? fdopen(fd, "r") : NULL;
  if (opened == NULL) close(fd);
  return opened;
}

bool is_like(int folder, const char *name, const struct file *file) {
  FILE *opened = open_like(folder, name, file);
  if (opened != NULL) fclose(opened);
  return opened != NULL;
}

static bool have_equal_bytes(FILE *one, FILE *other) {
  static char pieces[2][PIECE_BYTES];
  for (;;) {
    size_t got = fread(pieces[0], 1, PIECE_BYTES, one);
    if (fread(pieces[1], 1, PIECE_BYTES, other) != got || memcmp(pieces[0], pieces[1], got) != 0) return false;
    if (got < PIECE_BYTES) return !ferror(one) && !ferror(other);
  }
}

bool is_equal(int folder, const char *name, const struct file *file, const struct staged *staged) {
  FILE *one = open_like(folder, name, file);
  FILE *other = one == NULL ? NULL : open_like(staged->folder, staged->name, file);
  bool is_equal = other != NULL && have_equal_bytes(one, other);
  if (one != NULL) fclose(one);
  if (other != NULL) fclose(other);
  return is_equal;
}
