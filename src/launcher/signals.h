#pragma once
#include "witness.h"
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

/** All signals that can be blocked wait here. */
struct signal_source {
  /** signalfd(2). -1: there is none, and signals are polled. */
  int fd;
};

struct taken_signal {
  int number;
  /** si_code of sigaction(2). */
  int code;
  pid_t sender;
};

/**
 * Blocks all signals, and ensures that children are reported, whatever the caller does with SIGCHLD. Saves the old
 * state.
 */
void block_signals(sigset_t *blocked, struct sigaction *on_child);
void open_signals(struct signal_source *source);
/** poll(2) that also returns when a signal arrives. @param timeout_ms -1: none. */
void wait_for_signal(const struct signal_source *source, struct pollfd *polled, nfds_t count, int timeout_ms);
bool take_pending(const struct signal_source *source, struct taken_signal *taken);
/** Whether the signal was sent to this process's whole group. */
bool went_to_group(const struct taken_signal *taken, struct witness *witness);
/** Stops this process as the command was stopped. Returns when it is continued. */
void stop_as(int signal_number);
/** Whether a signal waits to be taken. */
bool is_waiting(int signal_number);
/** Ends this process by a signal, without a core file: the command has left one. */
_Noreturn void die_by(int signal_number);
