#include "walk.h"
#include "put.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/** Links: the kernel's limit (path_resolution(7)). A name leaves room for the rest of the staged name (`put.h`). */
enum { MAX_LINKS = 40, MAX_NAME_BYTES = 200 };

static int enter_path(int from, const char *path, int links);

/** Opens a subfolder. */
static int enter(int from, const char *name, int links) {
  char target[PATH_MAX];
  struct stat found;
  int fd = openat(from, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return -1;
  int error = fstat(fd, &found) != 0 ? errno : S_ISDIR(found.st_mode) ? 0 : ENOTDIR;
  if (error == 0) return fd;
  ssize_t bytes = -1;
  if (S_ISLNK(found.st_mode)) {
    bool is_own = found.st_uid == 0 || found.st_uid == geteuid();
    error = ELOOP;
    if (is_own && links < MAX_LINKS) bytes = readlinkat(fd, "", target, sizeof target - 1);
  }
  close(fd);
  if (bytes < 0) {
    errno = error;
    return -1;
  }
  target[bytes] = '\0';
  return enter_path(from, target, links + 1);
}

/** The next part of a path, or NULL at its end. Empty parts and `.` say nothing. */
static const char *next_part(const char **path, char part[NAME_MAX + 1]) {
  for (;;) {
    *path += strspn(*path, "/");
    size_t length = strcspn(*path, "/");
    if (length == 0) return NULL;
    if (length > NAME_MAX) {
      part[0] = '\0';
      return part;
    }
    memcpy(part, *path, length);
    part[length] = '\0';
    *path += length;
    if (strcmp(part, ".") != 0) return part;
  }
}

static int enter_path(int from, const char *path, int links) {
  char part[NAME_MAX + 1];
  int folder = *path == '/' ? open("/", O_PATH | O_DIRECTORY | O_CLOEXEC) : fcntl(from, F_DUPFD_CLOEXEC, 0);
  while (folder >= 0 && next_part(&path, part) != NULL) {
    int next = enter(folder, part, links);
    int error = errno;
    close(folder);
    errno = error;
    folder = next;
  }
  return folder;
}

/** Whether a path is absolute, has no `..` and ends in a file name. */
static bool is_usable(const char *path) {
  char part[NAME_MAX + 1];
  const char *slash = strrchr(path, '/');
  if (*path != '/' || strlen(path) >= PATH_MAX || slash[1] == '\0' || strlen(slash + 1) > MAX_NAME_BYTES) return false;
  if (strcmp(slash, "/.") == 0) return false;
  while (next_part(&path, part) != NULL)
    if (*part == '\0' || strcmp(part, "..") == 0) return false;
  return true;
}

static void look_for(struct place *place, const char *staged) {
  struct stat found;
  if (staged == NULL || fstatat(place->folder, staged, &found, AT_SYMLINK_NOFOLLOW) != 0) return;
  if (place->staged_in >= 0) close(place->staged_in);
  place->staged_in = fcntl(place->folder, F_DUPFD_CLOEXEC, 0);
}

bool find_place(struct place *place, const struct file *file, const char *staged) {
  char part[NAME_MAX + 1];
  const char *path = file->path;
  *place = (struct place){.folder = -1, .staged_in = -1};
  if (!is_usable(path)) {
    errno = EINVAL;
    return false;
  }
  place->folder = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  for (const char *at = path;;) {
    const char *before = at;
    bool is_inside = (size_t)(at - path) >= file->folder_bytes;
    place->is_sealed = is_inside && file->folder_bytes > 0;
    if (is_inside) look_for(place, staged);
    next_part(&at, part);
    if (strchr(at, '/') == NULL) {
      strcpy(place->rest, part);
      break;
    }
    int next = enter(place->folder, part, place->is_sealed ? MAX_LINKS : 0);
    if (next < 0 && errno == ENOENT && is_inside) {
      strcpy(place->rest, before + strspn(before, "/"));
      break;
    }
    int error = errno;
    close(place->folder);
    place->folder = next;
    errno = error;
    if (next < 0) {
      leave_place(place);
      return false;
    }
  }
  const char *slash = strrchr(place->rest, '/');
  place->name = slash == NULL ? place->rest : slash + 1;
  return true;
}

bool make_folders(struct place *place) {
  char part[NAME_MAX + 1];
  for (const char *at = place->rest; next_part(&at, part) != NULL && *at != '\0';) {
    if (mkdirat(place->folder, part, 0777) != 0 && errno != EEXIST) return false;
    int next = enter(place->folder, part, place->is_sealed ? MAX_LINKS : 0);
    if (next < 0) return false;
    close(place->folder);
    place->folder = next;
  }
  return true;
}

void leave_place(struct place *place) {
  int error = errno;
  if (place->folder >= 0) close(place->folder);
  if (place->staged_in >= 0) close(place->staged_in);
  place->folder = place->staged_in = -1;
  errno = error;
}
