#include "command.h"
#include "environment.h"
#include "console.h"
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static _Noreturn void run(const struct command *command, char **environment, int console) {
  char **before = environ;
  sigaction(SIGCHLD, &command->on_child, NULL);
  sigprocmask(SIG_SETMASK, &command->blocked, NULL);
  environ = environment;
  execvp(command->argv[0], command->argv);
  // Without MLRUN_ID and the like, arguments have as much room as without mlrun.
  if (errno == E2BIG) {
    environ = before;
    execvp(command->argv[0], command->argv);
  }
  int error = errno;
  signal(SIGPIPE, SIG_IGN);
  const char *reason = error == ENOENT ? "not found" : strerror(error);
  // Goes into the log, and to the user if the log's output is not shown.
  warn(STDERR_FILENO, "Cannot run %s: %s", command->argv[0], reason);
  warn(console, "Cannot run %s: %s", command->argv[0], reason);
  _exit(error == ENOENT ? NOT_FOUND : NOT_EXECUTABLE);
}

static void connect_outputs(const struct command *command) {
  for (int i = 0; i < 2; i++)
    if (command->outputs[i] >= 0) dup2(command->outputs[i], i + 1);
}

pid_t start_command(const struct command *command) {
  pid_t launcher = getpid();
  pid_t pid = fork();
  if (pid != 0) return pid;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != launcher) _exit(128 + SIGKILL);
  if (command->terminal.master >= 0) adopt_terminal(&command->terminal);
  connect_outputs(command);
  rename_process(command->environment, launcher, getpid());
  run(command, command->environment, command->console);
}

_Noreturn void become_command(const struct command *command) {
  run(command, command->environment == NULL ? environ : command->environment, -1);
}
