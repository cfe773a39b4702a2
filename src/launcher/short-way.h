#pragma once
#include "logging.h"

/** The part of `logging` that does without a logger. */

/**
 * Whether this process can write the execution's BEGIN: then the time begins. Opens no file: a home's server that hangs
 * must not keep the command's output from being shown.
 */
bool begin_short(struct logging *logging);
/** Whether it has lasted or printed too much for that, or the gate has not answered in time. */
bool is_no_longer_short(struct logging *logging);
/** Microseconds until that should be asked again; UINT64_MAX: at the next event. */
uint64_t short_patience_us(const struct logging *logging);
/** It is over: hands everything to the gate. False: only the logger can. */
bool go_short(struct logging *logging);
