#include "command.h"
#include "copy.h"
#include "descriptors.h"
#include "environment.h"
#include "console.h"
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static _Noreturn void run(const struct command *command, char **environment, int console) {
  sigaction(SIGCHLD, &command->on_child, NULL);
  sigprocmask(SIG_SETMASK, &command->blocked, NULL);
  if (command->copies_stdin) {
    if (command->were_closed[0]) close(STDIN_FILENO);
    // Without an exec nothing else closes them: one is the read end of its own output.
    close_from(STDERR_FILENO + 1);
    copy_stdin(command->were_closed[2] ? -1 : STDERR_FILENO);
  }
  execvpe(command->argv[0], command->argv, environment);
  // Without MLRUN_ID and the like, arguments have as much room as without mlrun.
  if (errno == E2BIG) execvp(command->argv[0], command->argv);
  int error = errno;
  signal(SIGPIPE, SIG_IGN);
  const char *reason = error == ENOENT ? "not found" : strerror(error);
  // Reaches the log, and the user if the log's output is not shown.
  warn(STDERR_FILENO, "Cannot run %s: %s", command->argv[0], reason);
  warn(console, "Cannot run %s: %s", command->argv[0], reason);
  _exit(error == ENOENT ? NOT_FOUND : NOT_EXECUTABLE);
}

static void connect_outputs(const struct command *command) {
  for (int i = 0; i < 2; i++)
    if (command->outputs[i] >= 0) dup2(command->outputs[i], i + 1);
}

static _Noreturn void run_child(const struct command *command, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(128 + SIGKILL);
  if (command->terminal.master >= 0) join_session(&command->terminal);
  connect_outputs(command);
  rename_process(command->environment, command->mlrun, getpid());
  run(command, command->environment, command->console);
}

pid_t start_command(const struct command *command) {
  pid_t parent = getpid();
  // vfork copies no memory. Until exec, the child changes this process's memory, which needs the old values no more.
  pid_t pid = command->copies_stdin ? fork() : vfork();
  if (pid == 0) run_child(command, parent);
  return pid;
}

_Noreturn void become_command(const struct command *command) {
  run(command, command->environment == NULL ? environ : command->environment, -1);
}
