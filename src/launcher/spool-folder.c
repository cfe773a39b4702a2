#include "spool-folder.h"
#include "environment.h"
#include "paths.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/** In a user namespace, stands for every user outside it, including the machine's root (user_namespaces(7)). */
enum { UNMAPPED_UID = 65534 };
static const char SYSTEM_SPOOL[] = "/var/spool/marcologger";

/** Encodes like JavaScript's encodeURIComponent: makes one folder name of any path. */
static void encode_component(char *to, size_t room, const char *from) {
  static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()";
  size_t at = 0;
  for (; *from != '\0' && at + sizeof "%XX" <= room; from++) {
    if (strchr(plain, *from) != NULL) to[at++] = *from;
    else at += (size_t)sprintf(to + at, "%%%02X", (unsigned char)*from);
  }
  to[at] = '\0';
}

void find_spool_places(struct spool_places *places, const char *run_dir, const char *cwd, const char *node) {
  *places = (struct spool_places){0};
  const char *chosen = variable("MLRUN_SPOOL_DIR");
  const char *state = variable("XDG_STATE_HOME");
  const char *home = variable("HOME");
  char rest[PATH_MAX];
  if (chosen != NULL) resolve_path(places->chosen, cwd, chosen);
  else if (strcmp(run_dir, DEFAULT_RUN_DIR) != 0) encode_component(places->relay, sizeof places->relay, run_dir);
  bool fits = snprintf(rest, sizeof rest, "%smarcologger/spool/%s", state == NULL ? ".local/state/" : "", node) <
              (int)sizeof rest;
  if (fits && (state != NULL || home != NULL)) join_path(places->home, state == NULL ? home : state, rest);
}

static bool is_folder(const char *path) {
  struct stat seen;
  return lstat(path, &seen) == 0 && S_ISDIR(seen.st_mode);
}

/** Creates the folder and its parents. */
static bool make_folder(const char *folder) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s", folder);
  for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    if (mkdir(path, 0700) != 0 && errno != EEXIST && !is_folder(path)) return false;
    *slash = '/';
  }
  return mkdir(path, 0700) == 0 || is_folder(path);
}

bool is_out_of_reach(const char *name) {
  char path[PATH_MAX];
  struct stat seen;
  if (geteuid() != 0) return true;
  snprintf(path, sizeof path, "%s", name);
  for (char *slash = strrchr(path, '/'); slash != NULL && slash != path; slash = strrchr(path, '/')) {
    *slash = '\0';
    if (lstat(path, &seen) == 0 && seen.st_uid != 0 && seen.st_uid != UNMAPPED_UID) return false;
  }
  return true;
}

/** Whether it is a real folder, not a link, of this user, in which nobody else can create or rename anything. */
static bool is_safe(const char *folder) {
  struct stat seen;
  if (!is_out_of_reach(folder) || (!is_folder(folder) && !make_folder(folder))) return false;
  return lstat(folder, &seen) == 0 && S_ISDIR(seen.st_mode) && seen.st_uid == geteuid() && (seen.st_mode & 022) == 0;
}

static bool open_in(char folder[static PATH_MAX], const char *base, const char *relay) {
  if (*base == '\0' || !is_safe(base)) return false;
  return join_path(folder, base, relay) && is_safe(folder);
}

bool open_spool_folder(const struct spool_places *places, char folder[static PATH_MAX]) {
  if (*places->chosen != '\0') return open_in(folder, places->chosen, places->relay);
  char own[PATH_MAX];
  // Only an administrator creates the system's folder.
  bool has_own = is_folder(SYSTEM_SPOOL) && snprintf(own, sizeof own, "%s/%u", SYSTEM_SPOOL, geteuid()) > 0;
  return (has_own && open_in(folder, own, places->relay)) || open_in(folder, places->home, places->relay);
}

/** Whether a file of that name may wait there, as `spool-files.ts`, `raw-files.ts` and `notify-files.ts` name them. */
static bool is_kept(const char *name) {
  static const char *const kinds[] = {"spool", "busy", "raw", "raw-busy", "notify", "notify-busy"};
  const char *dot = strrchr(name, '.');
  for (size_t i = 0; dot != NULL && i < sizeof kinds / sizeof kinds[0]; i++)
    if (strcmp(dot + 1, kinds[i]) == 0) return true;
  return false;
}

static bool has_kept(const char *base, const char *relay) {
  char path[PATH_MAX];
  bool is_found = false;
  if (*base == '\0' || !join_path(path, base, relay)) return false;
  DIR *folder = opendir(path);
  if (folder == NULL) return false;
  for (const struct dirent *entry = readdir(folder); entry != NULL && !is_found; entry = readdir(folder))
    is_found = is_kept(entry->d_name);
  closedir(folder);
  return is_found;
}

bool is_spool_empty(const struct spool_places *places) {
  if (*places->chosen != '\0') return !has_kept(places->chosen, places->relay);
  char own[PATH_MAX];
  snprintf(own, sizeof own, "%s/%u", SYSTEM_SPOOL, geteuid());
  // Without HOME, the user's entry in the user database names the home, which only the logger reads.
  return *places->home != '\0' && !has_kept(own, places->relay) && !has_kept(places->home, places->relay);
}
