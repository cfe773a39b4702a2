#include "user.h"
#include "environment.h"
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/** Each exists only in containers: one in docker's, one in podman's. */
static const char *const CONTAINER_FILES[] = {"/.dockerenv", "/run/.containerenv"};

static bool is_container(void) {
  for (size_t i = 0; i < sizeof CONTAINER_FILES / sizeof CONTAINER_FILES[0]; i++)
    if (access(CONTAINER_FILES[i], F_OK) == 0) return true;
  return variable("container") != NULL;
}

/** Whether uids here are those of the machine (user_namespaces(7)). */
static bool is_first_namespace(void) {
  unsigned long inside = 1, outside = 1, count = 0;
  FILE *map = fopen("/proc/self/uid_map", "re");
  if (map == NULL) return false;
  bool is_read = fscanf(map, "%lu %lu %lu", &inside, &outside, &count) == 3;
  fclose(map);
  return is_read && inside == 0 && outside == 0 && count == 4294967295UL;
}

static bool is_local(char name[static MAX_USER_BYTES]) {
  FILE *users = fopen("/etc/passwd", "re");
  if (users == NULL) return false;
  const struct passwd *entry = fgetpwent(users);
  while (entry != NULL && entry->pw_uid != geteuid()) entry = fgetpwent(users);
  if (entry != NULL) snprintf(name, MAX_USER_BYTES, "%s", entry->pw_name);
  fclose(users);
  return entry != NULL;
}

bool user_name(char name[static MAX_USER_BYTES]) {
  if (is_container() || !is_first_namespace()) return false;
  if (is_local(name)) return true;
  // A user of a directory: the variable has the name, unless a program kept it when it became another user.
  const char *user = getuid() == geteuid() ? variable("USER") : NULL;
  if (user != NULL) snprintf(name, MAX_USER_BYTES, "%s", user);
  return user != NULL;
}
