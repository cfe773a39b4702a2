#pragma once
#include <stdbool.h>
#include <sys/types.h>

/** What may go on for a while when everything else is killed: mlrun, and those of its processes that hand output over. */
struct spared {
  pid_t mlrun;
  const char *program;
};

/**
 * Sends a signal to all descendants of this process but the spared ones, in whatever session and group they are: as their
 * subreaper it is the parent of those whose own parents ended.
 *
 * @param spared NULL: nobody is.
 * @return How many there were.
 */
int signal_descendants(int signal_number, const struct spared *spared);
