#pragma once
#include <stdbool.h>
#include <sys/types.h>

enum { MAX_GROUPS = 65536, ENVIRONMENT_WORDS = 8 };

/** A user from the directory. */
struct user {
  uid_t uid;
  gid_t gid;
  char *environment[ENVIRONMENT_WORDS];
  const char *home;
  gid_t *groups;
  int group_count;
};

enum user_result { USER_FOUND, USER_CHANGED, USER_UNKNOWN };

/** Looks the user up, which may take long: call it before the claim. `USER_CHANGED`: the name has another uid. */
enum user_result find_user(struct user *user, const char *name, uid_t uid);

/**
 * Becomes the user, with the user's groups and nothing of root's: no capability, no descriptor, no variable. A process that
 * is not root keeps its user. False on failure, with errno.
 */
bool become_user(const struct user *user);
