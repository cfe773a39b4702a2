#include "program.h"
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/** Fields of each kind: an order has at most 64 arguments, and mlagent-root sets a few variables. */
enum { MAX_WORDS = 256 };

struct program {
  char *arguments[MAX_WORDS + 1];
  char *environment[MAX_WORDS + ENVIRONMENT_WORDS + 1];
};

static bool add(char **list, char *word) {
  size_t count = 0;
  while (list[count] != NULL) count++;
  if (count == MAX_WORDS) return false;
  list[count] = word;
  return true;
}

static bool read_program(struct program *program) {
  char *field = NULL;
  size_t room = 0;
  // Octet by octet: the bytes after the fields are the program's.
  setvbuf(stdin, NULL, _IONBF, 0);
  while (getdelim(&field, &room, '\0', stdin) > 0) {
    char *value = strchr(field, '=');
    if (value == NULL) return false;
    value += 1;
    if (strncmp(field, "end=", 4) == 0) return program->arguments[0] != NULL;
    bool is_argument = strncmp(field, "arg=", 4) == 0;
    if (!is_argument && strncmp(field, "env=", 4) != 0) return false;
    if (!add(is_argument ? program->arguments : program->environment, strdup(value))) return false;
  }
  return false;
}

void execute_program(const struct user *user, pid_t parent) {
  static struct program program;
  sigset_t none;
  sigemptyset(&none);
  setsid();
  close_range(STDERR_FILENO + 1, ~0U, 0);
  for (size_t i = 0; i < ENVIRONMENT_WORDS && user->environment[i] != NULL; i++) add(program.environment, user->environment[i]);
  if (become_user(user) && chdir("/") == 0 && read_program(&program)) {
    // Not earlier: becoming another user clears it.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(128 + SIGKILL);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(program.arguments[0], program.arguments, program.environment);
  }
  dprintf(STDERR_FILENO, "mlsupervise: Cannot start %s: %s\n", program.arguments[0] == NULL ? "a program" : program.arguments[0],
          strerror(errno));
  _exit(125);
}
