#pragma once
#include "logging.h"
#include "options.h"

/** Collects what the logger must know of an execution. */
void describe_execution(struct execution *execution, const struct options *options, const char *x, const char *key,
                        const char *job);
