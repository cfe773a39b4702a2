#include "supervise.h"
#include "user.h"
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

enum { DIRECTORY_SECONDS = 10 };

/** The whole of standard input. -1: it is longer than a path can be, or cannot be read. */
static ssize_t read_path(char path[static PATH_MAX]) {
  ssize_t count = 0;
  for (ssize_t got = 1; got > 0; count += got) {
    if (count == PATH_MAX - 1) return -1;
    got = read(STDIN_FILENO, path + count, (size_t)(PATH_MAX - 1 - count));
    if (got < 0) return -1;
  }
  path[count] = '\0';
  return count;
}

/** As `mlrun --order-fd` enters it (`launcher/order.c`): from the home, unless it begins with a slash. */
static bool can_enter(const char *path, const char *home) {
  if (*path == '/') return chdir(path) == 0;
  if (chdir(home) != 0) return false;
  if (path[0] == '~' && (path[1] == '/' || path[1] == '\0')) path++;
  while (*path == '/') path++;
  return *path == '\0' || chdir(path) == 0;
}

int enter(char **words) {
  struct user user = {0};
  char path[PATH_MAX];
  if (read_path(path) < 0) return CLOSED;
  alarm(DIRECTORY_SECONDS);
  enum user_result found = find_user(&user, words[1], (uid_t)strtoul(words[0], NULL, 10));
  if (found != USER_FOUND) return found == USER_CHANGED ? CHANGED : UNKNOWN;
  return become_user(&user) && can_enter(path, user.home) ? 0 : CLOSED;
}
