#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

enum { INPUT_BYTES = 4096 };

/** A pseudo-terminal for the command (pty(7)), and mlrun's own terminal behind it. */
struct terminal {
  /** This process's end. -1: the command has no terminal of its own. */
  int master;
  /** The command's end: closed once the command runs. */
  int slave;
  /** mlrun's own terminal, that keys are read from. -1: stdin is none, and the command keeps it. */
  int input;
  struct termios before;
  bool is_raw;
  /** Ctrl-C or the like was among the keys. */
  bool has_interrupted;
  /** Keys that the command's terminal has not taken. */
  char waiting[INPUT_BYTES];
  size_t waiting_bytes;
};

/** With the size and the modes of mlrun's own terminal. False, with errno, when there is none to be had. */
bool open_terminal(struct terminal *terminal);
/** In the command's process: makes it the terminal that the command's session is controlled by. */
void adopt_terminal(const struct terminal *terminal);
/** Every key goes to the command, as long as this process is in the foreground. */
void enter_raw(struct terminal *terminal);
void leave_raw(struct terminal *terminal);
/** The size of mlrun's own terminal has changed. */
void pass_size_on(const struct terminal *terminal);
/** Reads keys and passes them on, as far as that is possible without waiting. */
void pass_keys_on(struct terminal *terminal);
/**
 * A signal that a key sent has ended the command: whoever shares mlrun's group gets it, as from mlrun's own terminal.
 */
void interrupt_group(const struct terminal *terminal, int signal_number);
/** The command's terminal is gone. */
void close_terminal(struct terminal *terminal);
