#pragma once
#include "surroundings.h"
#include <limits.h>
#include <stdbool.h>

/** What an execution is called besides its id, and what encloses it. */
struct names {
  char job[MAX_JOB_BYTES];
  /** The execution's launch. Empty: the collector decides. */
  char run[MAX_RUN_BYTES];
  /** How often the batch system started the job again. */
  long restarts;
  /** Id of the enclosing mlrun on this node. Empty: there is none. */
  char parent[ID_CHARACTERS + 1];
  /** Which of the parent's streams mlrun's own stdout and stderr are, so that what it shows goes there. NULL: none. */
  const char *within[2];
  /** The variables describe an array that is not this job's. */
  bool has_foreign_array;
  /** MLRUN_SEEN for the command: this node, the batch system's job, its array, with spaces between. */
  char seen[HOST_NAME_MAX + sizeof "  " + 2 * MAX_RUN_BYTES];
};

/**
 * Finds them from options and environment. The batch system's job wins over MLRUN_JOB unless the enclosing mlrun
 * saw the same job (MLRUN_SEEN): what a job submits is a job of its own.
 *
 * @param were_closed Which of descriptors 0 to 2 the caller had closed.
 */
void find_names(struct names *names, const struct options *options, const char *x, const bool were_closed[static 3]);

/** Writes MLRUN_PIPES, by which an inner mlrun finds that its output goes into these. @param fds -1: none. */
void write_pipes(char *text, unsigned long bytes, const int fds[static 2]);
