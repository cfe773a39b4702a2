#pragma once
#include "logging.h"
#include "options.h"

/** Collects everything that the logger must know about an execution. */
void describe_execution(struct execution *execution, const struct options *options, const char *x, const char *key,
                        const char *job);
