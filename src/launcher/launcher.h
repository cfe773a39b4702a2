#pragma once
#include "command.h"
#include "logging.h"
#include "options.h"

/** Runs the command with its output going through a pump. Returns mlrun's exit status, or dies as the command did. */
int launch(struct command *command, const struct options *options, struct execution *execution);
