#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/** One process as /proc/PID/stat shows it (proc_pid_stat(5)). */
struct process_stat {
  /** R: running, or waiting for a processor. T: stopped. Z and X: it has ended. */
  char state;
  pid_t parent;
  pid_t session;
  /** Processor time. */
  unsigned long long cpu_ticks;
  /** Together with the pid, names this process and no later one. */
  unsigned long long start_ticks;
};

bool read_process(pid_t pid, struct process_stat *stat);

/** Microseconds since its start for which its first thread ran, and for which it waited for a processor. */
struct process_schedule {
  uint64_t ran_us;
  /** Excludes a wait that is still going on. */
  uint64_t waited_us;
};

/** Reads /proc/PID/schedstat (sched-stats.rst). False where the kernel does not count, and so shows zeros. */
bool read_schedule(pid_t pid, struct process_schedule *schedule);
