#pragma once
#include "logging.h"

/** The part of `logging` that does without a logger. */

/**
 * Whether this process can write the execution's BEGIN: then the time begins. Opens no file: a home's server that hangs
 * must not keep the command's output from being shown.
 */
bool begin_short(struct logging *logging);
/** Whether the execution has lasted or printed too much to be short, or the gate has not answered in time. */
bool is_no_longer_short(struct logging *logging);
/** Microseconds until `is_no_longer_short` should be asked again; UINT64_MAX: at the next event. */
uint64_t short_patience_us(const struct logging *logging);
/** Hands an execution that is over to the gate. False: only the logger can. */
bool go_short(struct logging *logging);
