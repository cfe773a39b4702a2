#include "put.h"
#include "../supervise/supervise.h"
#include "archive.h"
#include "walk.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { PIECE_BYTES = 262144 };

/** mlagent-root sends this after the bytes if their digest is the signed one. */
static const char RIGHT = '+';

/** Names of `wire/fleet/refusal.ts`. */
static const char *name_of(int error) {
  switch (error) {
  case EACCES:
  case EPERM:
  case EROFS:
    return "file-denied";
  case ENOSPC:
  case EDQUOT:
  case EFBIG:
    return "disk-full";
  case EEXIST:
  case EISDIR:
    return "file-exists";
  case ELOOP:
    return "file-link";
  case EINVAL:
  case ENAMETOOLONG:
  case ENOTDIR:
    return "file-path";
  case EBADMSG:
    return "archive";
  default:
    return "file-failed";
  }
}

/** A shared folder itself is never created: it must exist. */
static const char *refusal_of(int error, const struct file *file) {
  return error == ENOENT && file->folder_bytes > 0 ? "no-such-folder" : name_of(error);
}

static int say(const char *why, const char *words) {
  printf("%s%c%s%c", why, '\0', words, '\0');
  return fflush(stdout) == 0 ? 0 : 1;
}

/** Whether something is in the way of a file's name, with errno. */
static bool is_taken(const struct place *place, const struct file *file) {
  struct stat found;
  if (place->name != place->rest || fstatat(place->folder, place->name, &found, AT_SYMLINK_NOFOLLOW) != 0) return false;
  // It may be the same file: the bytes will tell.
  if (!file->overwrites && !file->is_archive && is_like(place->folder, place->name, file)) return false;
  errno = S_ISDIR(found.st_mode) ? EISDIR : EEXIST;
  // A folder replaces only a folder, a file everything else.
  return !file->overwrites || S_ISDIR(found.st_mode) != file->is_archive;
}

/** Copies the file's bytes. EPIPE if they end early: mlagent-root has ended or given up. */
static bool copy(FILE *from, int to, uint64_t bytes) {
  static char piece[PIECE_BYTES];
  while (bytes > 0) {
    size_t got = fread(piece, 1, bytes < sizeof piece ? bytes : sizeof piece, from);
    if (got == 0) {
      errno = EPIPE;
      return false;
    }
    for (size_t at = 0; at < got;) {
      ssize_t count = write(to, piece + at, got - at);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return false;
      at += (size_t)count;
    }
    bytes -= got;
  }
  return true;
}

/** Whether another file has the name and keeps it. */
static bool is_of_another(const struct place *place, const char *staged, const struct file *file) {
  struct stat found;
  bool is_there = place->name == place->rest && fstatat(place->folder, place->name, &found, AT_SYMLINK_NOFOLLOW) == 0;
  if (!is_there || file->overwrites || file->is_archive) return false;
  return !is_equal(place->folder, place->name, file, &(struct staged){place->folder, staged});
}

static bool is_right(FILE *from) {
  if (fgetc(from) == RIGHT) return true;
  errno = EPIPE;
  return false;
}

static bool stage_plain(const struct place *place, const char *staged, const struct file *file) {
  int fd = openat(place->folder, staged, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  // Preallocation, where supported, detects a full disk before the bytes come.
  bool has_room = file->bytes == 0 || fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)file->bytes) == 0 ||
                  (errno != ENOSPC && errno != EDQUOT && errno != EFBIG);
  bool is_staged = has_room && copy(stdin, fd, file->bytes) && is_right(stdin) && fchmod(fd, file->mode) == 0 && fsync(fd) == 0;
  int error = errno;
  close(fd);
  errno = error;
  return is_staged;
}

static bool stage_archive(const struct place *place, const char *staged, const struct file *file, char *words) {
  struct unpacking unpacking;
  if (!begin_unpacking(&unpacking, place->folder, staged, stdin)) return false;
  bool is_copied = copy_into(&unpacking, stdin, file->bytes) && is_right(stdin);
  return end_unpacking(&unpacking, is_copied, words);
}

static int stage_one(const struct file *file) {
  char staged[STAGED_BYTES];
  char words[WORDS_BYTES] = "";
  struct place place;
  staged_name(staged, file);
  bool is_placed = find_place(&place, file, NULL);
  if (!is_placed || is_taken(&place, file)) return say(refusal_of(errno, file), file->path);
  // Left by an attempt that was killed.
  remove_entry(place.folder, staged);
  bool is_staged = file->is_archive ? stage_archive(&place, staged, file, words) : stage_plain(&place, staged, file);
  int error = errno;
  if (is_staged && is_of_another(&place, staged, file)) {
    remove_entry(place.folder, staged);
    return say("file-exists", file->path);
  }
  if (is_staged) {
    sync_folder(place.folder);
    return say("staged", file->path);
  }
  if (error != EEXIST) remove_entry(place.folder, staged);
  if (error == EPIPE) return 1;
  if (*words == '\0') snprintf(words, sizeof words, "%.300s: %s", file->path, strerror(error));
  return say(refusal_of(error, file), words);
}

int stage(char **words) {
  int result = each_file(words, stage_one);
  return result == NEXT_FILE ? USAGE : result;
}

/** Whether a file could be staged and published now, as far as that is visible without writing. */
static bool has_way(const struct file *file) {
  struct place place;
  struct statvfs disk;
  bool has = find_place(&place, file, NULL) && !is_taken(&place, file) &&
             faccessat(place.folder, ".", W_OK | X_OK, AT_EACCESS) == 0 && fstatvfs(place.folder, &disk) == 0;
  if (has && file->bytes > (uint64_t)disk.f_bavail * disk.f_frsize) {
    errno = ENOSPC;
    has = false;
  }
  int error = errno;
  leave_place(&place);
  errno = error;
  return has;
}

static int refuse_one(const struct file *file) {
  return has_way(file) ? NEXT_FILE : say(refusal_of(errno, file), file->path);
}

int would_stage(char **words) {
  int result = each_file(words, refuse_one);
  return result == NEXT_FILE ? say("staged", "") : result;
}
