#pragma once
#include "logging.h"

struct pump_descriptors {
  /** To the launcher. */
  int notes;
  /** Read ends of the command's pipes. -1: there is none. */
  int read_ends[STREAMS];
  /** Where to show it. -1: nowhere. */
  int mirrors[STREAMS];
  /** mlrun's own stderr, for warnings. */
  int console;
  /** What is read is a terminal's master end, which the launcher has as well. */
  bool is_terminal;
};

/**
 * The process between the command and everything else: shows what the command prints and passes it on. Lives in a
 * session of its own, so that neither a killed launcher nor a closed terminal takes it along, and goes with the last
 * process that can print into the pipes.
 */
_Noreturn void run_pump(const struct pump_descriptors *descriptors, const struct execution *execution);
