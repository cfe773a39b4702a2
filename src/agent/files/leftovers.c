#include "../supervise/supervise.h"
#include "../supervise/user.h"
#include "put.h"
#include "walk.h"
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DIRECTORY_SECONDS = 10 };

int become_named(struct user *user, char **words) {
  uid_t uid = (uid_t)strtoul(words[0], NULL, 10);
  alarm(DIRECTORY_SECONDS);
  enum user_result found = find_user(user, words[1], uid);
  alarm(0);
  if (found != USER_FOUND) return found == USER_CHANGED ? CHANGED : UNKNOWN;
  signal(SIGPIPE, SIG_IGN);
  return become_user(user) && chdir("/") == 0 ? 0 : USAGE;
}

int discard(char **words) {
  struct user user = {0};
  struct file file;
  char *then;
  int error = become_named(&user, words);
  if (error != 0) return error;
  while (read_file_fields(stdin, &file, &then)) {
    char staged[STAGED_BYTES];
    struct place place;
    if (!settle_path(&file, user.home)) return 1;
    staged_name(staged, &file);
    // Once for each folder on the way that could have it.
    while (find_place(&place, &file, staged) && place.staged_in >= 0) {
      struct stat left;
      remove_entry(place.staged_in, staged);
      bool is_gone = fstatat(place.staged_in, staged, &left, AT_SYMLINK_NOFOLLOW) != 0;
      leave_place(&place);
      if (!is_gone) break;
    }
    leave_place(&place);
  }
  return 0;
}

static bool is_in_place(const struct place *place, const char *staged) {
  struct stat found, left;
  if (place->name != place->rest || fstatat(place->folder, place->name, &found, AT_SYMLINK_NOFOLLOW) != 0) return false;
  if (place->staged_in < 0) return true;
  // Linked, and its other name is still there.
  return fstatat(place->staged_in, staged, &left, AT_SYMLINK_NOFOLLOW) == 0 && left.st_dev == found.st_dev &&
         left.st_ino == found.st_ino;
}

int placed(char **words) {
  struct user user = {0};
  struct file file;
  char *then;
  int error = become_named(&user, words);
  if (error != 0) return error;
  while (read_file_fields(stdin, &file, &then)) {
    char staged[STAGED_BYTES];
    struct place place;
    if (!settle_path(&file, user.home)) return 1;
    staged_name(staged, &file);
    if (find_place(&place, &file, staged) && is_in_place(&place, staged)) printf("%s%c", file.path, '\0');
    leave_place(&place);
  }
  return fflush(stdout) == 0 ? 0 : 1;
}
