#pragma once
#include <stdbool.h>
#include <sys/types.h>

/** Processes of a run. */
struct members {
  /** mlrun's pid: spared with its pump and logger, which hand over the last output, so that the END arrives. 0: none is spared. */
  pid_t mlrun;
  const char *program;
  /** All of this process's own control group, in systemd's hierarchy. Else: all its descendants, whose subreaper it is. */
  bool are_of_cgroup;
};

/**
 * Sends a signal to the members that are not spared, in whatever session and process group they are.
 *
 * @return How many there were.
 */
int signal_members(int signal_number, const struct members *members);
