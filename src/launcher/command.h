#pragma once
#include "terminal.h"
#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

/** Exit codes of shells for a command that is missing, and for one that cannot be run. */
enum { NOT_FOUND = 127, NOT_EXECUTABLE = 126, OWN_ERROR = 125 };

struct command {
  /** mlrun's own process, which LISTEN_PID and WATCHDOG_PID may name. */
  pid_t mlrun;
  /** Ends with NULL. */
  char **argv;
  char **environment;
  /** No program to run: the command is `copy_stdin`. */
  bool copies_stdin;
  /** Descriptors for the command's stdout and stderr; -1: inherited. */
  int outputs[2];
  /** Without a master end, the command has no terminal of its own. */
  struct terminal terminal;
  /** mlrun's own stderr if the command's output is not shown; else -1. */
  int console;
  /** Which of descriptors 0 to 2 were closed when mlrun started. */
  bool were_closed[3];
  sigset_t blocked;
  struct sigaction on_child;
};

/**
 * Starts it in this process's session, and group unless it has a terminal of its own; it dies with this process. Returns
 * when its program has been loaded. -1, with errno, on failure.
 */
pid_t start_command(const struct command *command);
/** Replaces this process by the command, without logging. */
_Noreturn void become_command(const struct command *command);
