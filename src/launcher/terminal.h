#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

enum { INPUT_BYTES = 4096 };

/** A pseudo-terminal for the command (pty(7)), connected to mlrun's own terminal. */
struct terminal {
  /** This process's end. -1: the command has no terminal of its own. */
  int master;
  /** The command's end: closed once the command runs. */
  int slave;
  /** mlrun's own terminal, from which keys are read. -1: stdin is not a terminal, and the command keeps it. */
  int input;
  struct termios before;
  bool is_raw;
  /** The keys included Ctrl-C or the like. */
  bool has_interrupted;
  /** Keys not yet taken by the command's terminal. */
  char waiting[INPUT_BYTES];
  size_t waiting_bytes;
};

/** Opens one with the size and modes of mlrun's own terminal. False, with errno, on failure. */
bool open_terminal(struct terminal *terminal);
/** In the command's process: makes it the controlling terminal of the command's session. */
void adopt_terminal(const struct terminal *terminal);
/** Passes every key to the command, while this process is in the foreground. */
void enter_raw(struct terminal *terminal);
void leave_raw(struct terminal *terminal);
/** The size of mlrun's own terminal has changed. */
void pass_size_on(const struct terminal *terminal);
/** Reads keys and passes them on, as far as possible without blocking. */
void pass_keys_on(struct terminal *terminal);
/** A key's signal has ended the command: the rest of mlrun's group gets it, as from mlrun's own terminal. */
void interrupt_group(const struct terminal *terminal, int signal_number);
/** The command's terminal is gone. */
void close_terminal(struct terminal *terminal);
