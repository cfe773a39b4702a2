#pragma once
#include "follow.h"
#include "user.h"

/** Words of mlagent-root: a run's folder, whom the process becomes, and the number of the decision. */
struct claiming {
  const char *folder;
  const char *uid;
  const char *user;
  const char *sequence;
};

/** Claims a run for this process, with room for its end. 0, or an exit status of `supervise.h`: nothing was claimed. */
int claim_run(struct run *run, struct user *user, struct claiming words);
