#include "../supervise/supervise.h"
#include "../supervise/user.h"
#include "put.h"
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum { DIRECTORY_SECONDS = 10 };

int become_named(struct user *user, char **words) {
  uid_t uid = (uid_t)strtoul(words[0], NULL, 10);
  alarm(DIRECTORY_SECONDS);
  enum user_result found = find_user(user, words[1], uid);
  alarm(0);
  if (found != USER_FOUND) return found == USER_CHANGED ? CHANGED : UNKNOWN;
  signal(SIGPIPE, SIG_IGN);
  return become_user(user) && chdir("/") == 0 ? 0 : USAGE;
}

int each_file(char **words, int (*act)(const struct file *file)) {
  struct user user = {0};
  struct file file;
  char *then;
  int result = become_named(&user, words);
  if (result != 0) return result;
  for (result = NEXT_FILE; result == NEXT_FILE && read_file_fields(stdin, &file, &then);)
    result = settle_path(&file, user.home) ? act(&file) : 1;
  return result;
}
