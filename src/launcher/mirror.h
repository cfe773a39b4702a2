#pragma once
#include <stdbool.h>
#include <stddef.h>

/**
 * Shows one stream of the command on mlrun's own descriptor, without ever making that descriptor non-blocking: others
 * share it.
 */
struct mirror {
  /** -1: nothing more is shown. */
  int fd;
  enum { SHOWS_AT_ONCE, SHOWS_PIECES, SHOWS_WITHOUT_WAITING, SHOWS_ON_SOCKET } way;
  /** A pipe reports that its last reader has gone. */
  bool is_pipe;
  const char *bytes;
  size_t left;
};

enum mirror_result { MIRROR_IDLE, MIRROR_WAITS, MIRROR_BROKEN, MIRROR_FAILED };

/** @param fd Owned by the mirror from now on. -1: nothing is shown. */
void open_mirror(struct mirror *mirror, int fd);
/** Shows as much as possible without blocking. On failure errno has the reason. */
enum mirror_result continue_mirror(struct mirror *mirror);
void close_mirror(struct mirror *mirror);
