#pragma once
#include "terminal.h"
#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

/** A command that is not there, and one that cannot be run: what shells answer. */
enum { NOT_FOUND = 127, NOT_EXECUTABLE = 126, OWN_ERROR = 125 };

struct command {
  /** NULL at the end. */
  char **argv;
  char **environment;
  /** What the command's 1 and 2 become; -1: as they are. */
  int outputs[2];
  /** Without a master end: the command has no terminal of its own. */
  struct terminal terminal;
  /** mlrun's own stderr where what the command prints is not shown; else -1. */
  int console;
  /** Of mlrun at its start. */
  bool were_closed[3];
  sigset_t blocked;
  struct sigaction on_child;
};

/** Starts it in this process's group and session; it dies with this process. -1, with errno, when that is impossible. */
pid_t start_command(const struct command *command);
/** Becomes the command, which nobody logs then. */
_Noreturn void become_command(const struct command *command);
