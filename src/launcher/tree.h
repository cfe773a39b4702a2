#pragma once
#include <stddef.h>
#include <sys/types.h>

/** A process and its descendants in the same session: a daemon that left it goes on, as under timeout(1). */
struct tree {
  struct member *members;
  size_t count;
};

/**
 * Sends a signal to the process and its descendants; from the second call on also to those that were descendants
 * before and have lost their parents since.
 */
void signal_tree(struct tree *tree, pid_t root, int signal_number);
