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
  bool starts_in_background;
  /** mlrun's own terminal is raw while mlrun is in the foreground, so newlines need carriage returns. */
  bool returns_carriages;
  /** The keys included Ctrl-C or the like, and Ctrl-Z. */
  bool has_interrupted;
  bool has_suspended;
  /** Keys not yet taken by the command's terminal. */
  char waiting[INPUT_BYTES];
  size_t waiting_bytes;
};

extern const struct terminal NO_TERMINAL;

/** Opens a terminal with the size and modes of mlrun's own. False, with errno, on failure. */
bool open_terminal(struct terminal *terminal);
/** Makes it the controlling terminal of the session that this process leads. */
void lead_session(const struct terminal *terminal);
/** In the command's process: makes it a group of that session, in the background if mlrun is. */
void join_session(const struct terminal *terminal);
/**
 * Whether the keys of mlrun's own terminal go to this process's group; whether they go to another group of its session.
 */
bool has_keys(const struct terminal *terminal);
bool is_in_background(const struct terminal *terminal);
/** Adds carriage returns to newlines that the command prints, in the foreground; or leaves that to mlrun's own terminal. */
void return_carriages(const struct terminal *terminal, bool is_in_foreground);
/** Passes every key to the command, while this process is in the foreground. */
void enter_raw(struct terminal *terminal);
void leave_raw(struct terminal *terminal);
/** Gives the command's terminal the size of mlrun's own. @return Whether it had another. */
bool pass_size_on(const struct terminal *terminal);
/** Reads keys and passes them on, as far as possible without blocking. */
void pass_keys_on(struct terminal *terminal);
/**
 * Sends a signal that ended or stopped the command to the rest of mlrun's group if a key caused it, as mlrun's own
 * terminal would.
 */
void signal_group(struct terminal *terminal, int signal_number);
/** Closes the command's terminal. */
void close_terminal(struct terminal *terminal);
