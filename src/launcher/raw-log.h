#pragma once
#include "logging.h"

/** The part of `logging` that writes to a raw file once the logger is gone. */

/** Writes one record of the ring, without the first `skip` octets of its payload. */
void keep_raw(struct logging *logging, const struct record *record, uint64_t skip);
/** Closes the file with the execution's end, so that it can be delivered. */
void finish_raw(struct logging *logging);
struct over over_of(const struct logging *logging);
/** Writes output to a raw file from now on, starting with records that the logger left undone. */
void give_up_logger(struct logging *logging, const char *reason);
