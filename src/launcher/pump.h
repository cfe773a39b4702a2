#pragma once
#include "logging.h"
#include "terminal.h"

struct pump_descriptors {
  /** Socket to the launcher. */
  int notes;
  /** Read ends of the command's pipes. -1: none. */
  int read_ends[STREAMS];
  /** Where to show each stream. -1: nowhere. */
  int mirrors[STREAMS];
  /** mlrun's own stderr, for warnings. */
  int console;
  /** The command's own terminal, if it has one: the read end is its master end, which the launcher has as well. */
  const struct terminal *terminal;
};

/**
 * The process between the command and everything else: shows the command's output and passes it on. Lives in its own
 * session, so that it survives a killed launcher and a closed terminal, and ends with the last process that can print
 * into the pipes.
 */
_Noreturn void run_pump(const struct pump_descriptors *descriptors, const struct execution *execution);
