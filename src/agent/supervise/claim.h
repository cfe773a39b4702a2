#pragma once
#include "follow.h"
#include "user.h"

/** Arguments from mlagent-root: a run's folder, the user to become, and the decision's number. */
struct claiming {
  const char *folder;
  const char *uid;
  const char *user;
  const char *sequence;
};

/** Claims a run for this process and reserves room for its exit record. Returns 0, or an exit status of `supervise.h` without a claim. */
int claim_run(struct run *run, struct user *user, struct claiming words);
