#pragma once
#include "deadline.h"
#include "monitor.h"
#include "signals.h"

/** A running command, as its launcher sees it. */
struct launcher {
  int notes;
  pid_t command;
  pid_t pump;
  /** Only for a command with a terminal of its own. */
  struct monitor monitor;
  struct signal_source signals;
  struct witness witness;
  bool has_ended;
  int status;
  bool is_shown;
  bool is_shown_so_far;
  bool is_done;
  bool could_not_show;
  struct terminal terminal;
  bool pump_ends;
  struct deadline deadline;
};

/** Takes mlrun's terminal for the command's, while mlrun is in the foreground; gives it back. */
void take_keys(struct launcher *launcher);
void leave_keys(struct launcher *launcher);
/** Read what pump, monitor, children and others have reported since. */
void take_notes(struct launcher *launcher);
void take_monitor_notes(struct launcher *launcher);
void take_children(struct launcher *launcher);
void take_signal(struct launcher *launcher, const struct taken_signal *taken);
