#include "claim.h"
#include "describe.h"
#include "journal.h"
#include "supervise.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/** Timeout of the user directory. */
enum { DIRECTORY_SECONDS = 10 };

int claim_run(struct run *run, struct user *user, struct claiming words) {
  // A unit around this process would give all supervisors in it the same temporary names.
  unsetenv("INVOCATION_ID");
  run->folder = open(words.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (run->folder < 0) return USAGE;
  // If the user directory hangs, this process ends before it claims anything.
  alarm(DIRECTORY_SECONDS);
  enum user_result found = find_user(user, words.user, (uid_t)strtoul(words.uid, NULL, 10));
  alarm(0);
  if (found != USER_FOUND) return found == USER_CHANGED ? CHANGED : UNKNOWN;
  run->reserved = reserve_room(run->folder, "exit");
  if (run->reserved < 0 || !watch(run, words.folder)) return NO_ROOM;
  char claim[RECORD_BYTES];
  if (describe_process(claim, words.sequence) && write_record(run->folder, "claim", claim)) return 0;
  int error = errno;
  give_room_back(run->folder, "exit");
  return error == EEXIST ? TAKEN : NO_ROOM;
}
