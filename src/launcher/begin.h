#pragma once
#include "identity.h"
#include "logging.h"
#include "names.h"

/** Collects everything that the logger must know about an execution. */
void describe_execution(struct execution *execution, const struct options *options, const struct identity *identity,
                        const struct names *names);
