#include "paths.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

bool join_path(char path[static PATH_MAX], const char *folder, const char *name) {
  int bytes = snprintf(path, PATH_MAX, "%s%s%s", folder, *name == '\0' ? "" : "/", name);
  if (bytes >= 0 && bytes < PATH_MAX) return true;
  *path = '\0';
  return false;
}

void resolve_path(char path[static PATH_MAX], const char *cwd, const char *name) {
  char whole[PATH_MAX];
  bool is_absolute = *name == '/';
  int bytes = snprintf(whole, sizeof whole, "%s/%s", is_absolute ? "" : cwd, name);
  size_t end = 0;
  if (bytes < 0 || bytes >= PATH_MAX) whole[0] = '\0';
  char *rest = NULL;
  for (char *part = strtok_r(whole, "/", &rest); part != NULL; part = strtok_r(NULL, "/", &rest)) {
    if (strcmp(part, ".") == 0) continue;
    if (strcmp(part, "..") == 0) {
      while (end > 0 && path[--end] != '/') continue;
      continue;
    }
    end += (size_t)snprintf(path + end, PATH_MAX - end, "/%s", part);
  }
  if (end == 0) path[end++] = '/';
  path[end] = '\0';
}

/** Without /proc, the kernel still provides the path by which the program was started (getauxval(3)). */
void own_folder(char folder[static PATH_MAX], const char *cwd) {
  ssize_t bytes = readlink("/proc/self/exe", folder, PATH_MAX - 1);
  folder[bytes < 0 ? 0 : bytes] = '\0';
  const char *started = (const char *)getauxval(AT_EXECFN);
  if (bytes <= 0 && started != NULL) {
    char given[PATH_MAX];
    resolve_path(given, cwd, started);
    if (realpath(given, folder) == NULL) *folder = '\0';
  }
  char *slash = strrchr(folder, '/');
  if (slash != NULL) *slash = '\0';
}

void node_name(char name[static HOST_NAME_MAX + 1]) {
  if (gethostname(name, HOST_NAME_MAX) != 0 || *name == '\0') strcpy(name, "localhost");
  name[HOST_NAME_MAX] = '\0';
  for (char *at = name; *at != '\0'; at++)
    if (!isalnum((unsigned char)*at) && strchr("_.-", *at) == NULL) *at = '-';
}
