#include "user.h"
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { COMMON_UMASK = 022 };

static const char PATH[] = "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games";

static char *text_of(const char *name, const char *value) {
  char *text = NULL;
  return asprintf(&text, "%s=%s", name, value) < 0 ? NULL : text;
}

static bool find_groups(struct user *user, const char *name) {
  user->groups = malloc(MAX_GROUPS * sizeof *user->groups);
  if (user->groups == NULL) return false;
  user->group_count = MAX_GROUPS;
  return getgrouplist(name, user->gid, user->groups, &user->group_count) >= 0;
}

enum user_result find_user(struct user *user, const char *name, uid_t uid) {
  const struct passwd *entry = getpwnam(name);
  if (entry == NULL) return USER_UNKNOWN;
  if (entry->pw_uid != uid) return USER_CHANGED;
  user->uid = entry->pw_uid;
  user->gid = entry->pw_gid;
  user->home = strdup(entry->pw_dir);
  const char *shell = *entry->pw_shell == '\0' ? "/bin/sh" : entry->pw_shell;
  char *const words[ENVIRONMENT_WORDS] = {text_of("HOME", entry->pw_dir), text_of("USER", entry->pw_name),
                                          text_of("LOGNAME", entry->pw_name), text_of("SHELL", shell),
                                          text_of("PATH", PATH), text_of("LANG", "C.UTF-8")};
  memcpy(user->environment, words, sizeof words);
  return find_groups(user, name) ? USER_FOUND : USER_UNKNOWN;
}

/** Also those that an exec would give again (capabilities(7)). */
static bool drop_capabilities(void) {
  struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct none[2] = {{0, 0, 0}, {0, 0, 0}};
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  return syscall(SYS_capset, &head, none) == 0;
}

bool become_user(const struct user *user) {
  umask(COMMON_UMASK);
  if (geteuid() != 0) return getuid() == user->uid;
  return setgroups((size_t)user->group_count, user->groups) == 0 && setresgid(user->gid, user->gid, user->gid) == 0 &&
         setresuid(user->uid, user->uid, user->uid) == 0 && drop_capabilities();
}
