#pragma once
#include "fields.h"

/** A label of an execution. */
struct label {
  const char *name;
  const char *value;
};

/** Labels rank, local-rank, world, task, restart, parent. */
enum { MAX_INHERITED_LABELS = 6 };

/** The variable at this index that provides a label, as a name that `look_up` knows. NULL after the last. */
const char *label_variable(size_t at);
/**
 * Finds what a batch system, a launcher and an enclosing mlrun say, in the order of `inheritedLabels` in `surroundings.ts`.
 *
 * @return The number of labels. -1: only the logger can say, because a value must be cut or is an unusual number.
 */
int inherit_labels(const struct fields *fields, struct label labels[static MAX_INHERITED_LABELS]);
