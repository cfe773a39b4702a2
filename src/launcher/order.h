#pragma once
#include "options.h"

/**
 * Reads what to run from the descriptor of `--order-fd`, for the agent of a fleet: a command that somebody else ordered
 * must not show itself, or its environment, in the arguments of the process that starts it. The descriptor becomes
 * /dev/null, and the folder of the order the working directory.
 *
 * Fields of `NAME=VALUE`, each ended by NUL: `id`, `run`, `job`, `cwd`, `timeout-ms`, `kill-after-ms`, `stop-file`, `run-dir`
 * at most once, `env` and `arg` as often as needed, then `end=`: without it, the order was cut.
 *
 * @param error Receives the fault, in words for the user.
 */
bool take_order(struct options *options, char error[static MAX_MESSAGE_BYTES]);
