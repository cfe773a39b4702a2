#include "../supervise/follow.h"
#include "../supervise/describe.h"
#include "../supervise/supervise.h"
#include "program.h"
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/** Timeout of the user directory. */
enum { DIRECTORY_SECONDS = 10 };

int look(char **words) {
  struct run run = NO_RUN;
  struct user user = {0};
  alarm(DIRECTORY_SECONDS);
  enum user_result found = find_user(&user, words[1], (uid_t)strtoul(words[0], NULL, 10));
  alarm(0);
  if (found != USER_FOUND) return found == USER_CHANGED ? CHANGED : UNKNOWN;
  if (!watch(&run, NULL)) return NO_ROOM;
  pid_t parent = getpid();
  run.late_at_ms = clock_ms(CLOCK_MONOTONIC) + strtoll(words[2], NULL, 10) * 1000;
  run.pid = fork();
  if (run.pid < 0) return NO_ROOM;
  if (run.pid == 0) execute_program(&user, parent);
  // Only the program may hold these pipes, so that the other end sees it exit.
  close(STDIN_FILENO);
  close(STDOUT_FILENO);
  follow(&run);
  if (run.is_late) return LATE;
  return WIFEXITED(run.status) && WEXITSTATUS(run.status) == 0 ? 0 : 1;
}
