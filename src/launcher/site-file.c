#include "site-file.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/** `RUN_LIMITS.siteFileBytes`: the logger ignores a longer file, with a warning. */
enum { MAX_FILE_BYTES = 65536 };

/** Blank, a comment, or the viewer's address, which only notifications need. Anything else is for the logger to read. */
static bool is_without_effect(const char *line) {
  static const char viewer[] = "viewer = \"http";
  const char *at = line + strspn(line, " \t\r");
  if (*at == '\0' || *at == '#') return true;
  if (strncmp(at, viewer, strlen(viewer)) != 0) return false;
  at += strlen(viewer);
  at += *at == 's';
  if (strncmp(at, "://", 3) != 0) return false;
  at += strcspn(at, "\"\\");
  return *at == '"' && at[1 + strspn(at + 1, " \t\r")] == '\0';
}

static bool are_without_effect(char *text, size_t bytes) {
  char *rest = NULL;
  if (memchr(text, '\0', bytes) != NULL) return false;
  for (const char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
    if (!is_without_effect(line)) return false;
  return true;
}

bool has_no_settings(const char *path) {
  static char text[MAX_FILE_BYTES + 1];
  struct stat seen;
  int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  // The logger cannot read it either, and uses its defaults.
  if (fd < 0) return errno == ENOENT || errno == ENOTDIR || errno == EACCES;
  bool is_known = fstat(fd, &seen) == 0;
  bool is_file = is_known && S_ISREG(seen.st_mode);
  ssize_t bytes = is_file && seen.st_size <= MAX_FILE_BYTES ? read(fd, text, MAX_FILE_BYTES) : -1;
  close(fd);
  // Nor does it read folders, pipes and devices.
  if (!is_file) return is_known;
  return bytes == seen.st_size && are_without_effect(text, (size_t)bytes);
}
