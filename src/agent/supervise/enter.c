#include "../files/put.h"
#include "supervise.h"
#include "user.h"
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

enum { DIRECTORY_SECONDS = 10 };

/** The whole of standard input. False if it is longer than a path can be, or cannot be read. */
static bool read_path(char path[static PATH_MAX]) {
  ssize_t count = 0;
  for (ssize_t got = 1; got > 0; count += got) {
    got = read(STDIN_FILENO, path + count, (size_t)(PATH_MAX - count));
    if (got < 0) return false;
  }
  if (count == PATH_MAX) return false;
  path[count] = '\0';
  return true;
}

/** Enters the folder as `mlrun --order-fd` does (`launcher/order.c`). */
static bool can_enter(const char *path, const char *home) {
  const char *below = below_home(path);
  if (below == NULL) return chdir(path) == 0;
  return chdir(home) == 0 && (*below == '\0' || chdir(below) == 0);
}

int enter(char **words) {
  struct user user = {0};
  char path[PATH_MAX];
  if (!read_path(path)) return CLOSED;
  alarm(DIRECTORY_SECONDS);
  enum user_result found = find_user(&user, words[1], (uid_t)strtoul(words[0], NULL, 10));
  if (found != USER_FOUND) return found == USER_CHANGED ? CHANGED : UNKNOWN;
  return become_user(&user) && can_enter(path, user.home) ? 0 : CLOSED;
}
