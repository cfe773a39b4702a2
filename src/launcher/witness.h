#pragma once
#include <stdbool.h>
#include <sys/types.h>

/**
 * A tiny process in mlrun's own process group that takes no signal. A signal pending there was sent to the whole group
 * (Ctrl-C, `kill %1`), any other to mlrun alone (`kill PID`). The kernel signals the members of a group newest first
 * (kernel/signal.c, __kill_pgrp_info), so the witness gets a signal before mlrun does.
 */
struct witness {
  pid_t pid;
  int fd;
};

void start_witness(struct witness *witness);
enum testimony { WENT_TO_GROUP, WENT_TO_ONE, NOT_KNOWN };
enum testimony ask_witness(struct witness *witness, int signal_number);
void end_witness(struct witness *witness);
