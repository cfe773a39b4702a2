#pragma once
#include "command.h"

/**
 * The parent of a command with a terminal of its own, in this process's place: it leads the session of that terminal. The
 * command has its own group there, and its parent is in the same session. So its group is not orphaned, and the terminal's
 * keys can stop it (tty_ioctl(4), setpgid(2)).
 */
struct monitor {
  /** 0: there is none. */
  pid_t pid;
  pid_t command;
  /** The socket for notes to it, and from it. */
  int notes;
};

/** Starts the monitor, and the command in it. False, with errno, on failure. */
bool start_monitor(struct monitor *monitor, const struct command *command);
