#include "put.h"
#include "walk.h"
#include <fcntl.h>
#include <sys/stat.h>

static int discard_one(const struct file *file) {
  char staged[STAGED_BYTES];
  struct place place;
  staged_name(staged, file);
  // Tries each folder on the path that could hold the staged file.
  while (find_place(&place, file, staged) && place.staged_in >= 0) {
    struct stat left;
    remove_entry(place.staged_in, staged);
    bool is_gone = fstatat(place.staged_in, staged, &left, AT_SYMLINK_NOFOLLOW) != 0;
    leave_place(&place);
    if (!is_gone) break;
  }
  leave_place(&place);
  return NEXT_FILE;
}

int discard(char **words) {
  int result = each_file(words, discard_one);
  return result == NEXT_FILE ? 0 : result;
}

static bool is_in_place(const struct place *place, const char *staged) {
  struct stat found, left;
  if (place->name != place->rest || fstatat(place->folder, place->name, &found, AT_SYMLINK_NOFOLLOW) != 0) return false;
  if (place->staged_in < 0) return true;
  // link(2) succeeded, and the staged name still exists.
  return fstatat(place->staged_in, staged, &left, AT_SYMLINK_NOFOLLOW) == 0 && left.st_dev == found.st_dev &&
         left.st_ino == found.st_ino;
}

static int print_placed(const struct file *file) {
  char staged[STAGED_BYTES];
  struct place place;
  staged_name(staged, file);
  if (find_place(&place, file, staged) && is_in_place(&place, staged)) printf("%s%c", file->path, '\0');
  leave_place(&place);
  return NEXT_FILE;
}

int placed(char **words) {
  int result = each_file(words, print_placed);
  if (result != NEXT_FILE) return result;
  return fflush(stdout) == 0 ? 0 : 1;
}
