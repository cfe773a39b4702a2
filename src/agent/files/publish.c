#include "../supervise/supervise.h"
#include "../supervise/user.h"
#include "put.h"
#include "walk.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FAILED = 125 };

/** Start of the fields if they begin with files. */
static const char FIRST_FIELD[] = "number=";

static bool publish_plain(const struct place *place, const char *staged, const struct file *file) {
  if (file->overwrites) return renameat(place->staged_in, staged, place->folder, place->name) == 0;
  // link(2) never replaces. Not every file system has it.
  if (linkat(place->staged_in, staged, place->folder, place->name, 0) == 0) return unlinkat(place->staged_in, staged, 0) == 0;
  bool has_no_links = errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS;
  if (has_no_links && renameat2(place->staged_in, staged, place->folder, place->name, RENAME_NOREPLACE) == 0) return true;
  if (errno != EEXIST) return false;
  // An earlier order, or another node with this folder, may have put the same file there.
  bool is_in_place = is_equal(place->folder, place->name, file, &(struct staged){place->staged_in, staged});
  if (is_in_place) return unlinkat(place->staged_in, staged, 0) == 0;
  errno = EEXIST;
  return false;
}

/** Publishes a folder: mkdir(2) claims the name; with overwrite, new and old folder are exchanged. */
static bool publish_tree(const struct place *place, const char *staged, const struct file *file) {
  if (mkdirat(place->folder, place->name, 0700) == 0)
    return renameat(place->staged_in, staged, place->folder, place->name) == 0;
  if (errno != EEXIST || !file->overwrites) return false;
  if (renameat2(place->staged_in, staged, place->folder, place->name, RENAME_EXCHANGE) != 0) return false;
  remove_entry(place->staged_in, staged);
  return true;
}

static bool publish_file(const struct file *file) {
  char staged[STAGED_BYTES];
  struct place place;
  staged_name(staged, file);
  if (!find_place(&place, file, staged)) return false;
  bool is_published = place.staged_in >= 0;
  if (!is_published) errno = ENOENT;
  is_published = is_published && make_folders(&place) &&
                 (file->is_archive ? publish_tree : publish_plain)(&place, staged, file);
  if (is_published) sync_folder(place.folder);
  leave_place(&place);
  return is_published;
}

static bool has_files(int fd) {
  char begin[sizeof FIRST_FIELD - 1];
  return pread(fd, begin, sizeof begin, 0) == sizeof begin && memcmp(begin, FIRST_FIELD, sizeof begin) == 0;
}

static int fail_at(const struct file *file) {
  dprintf(STDERR_FILENO, "mlsupervise: Cannot put %.300s: %s\n", file->path, strerror(errno));
  return FAILED;
}

/** Runs in a child process, because dropping root is irreversible. False with the child's errno. */
static bool publish_as_other(const struct file *file) {
  int status = 0;
  pid_t parent = getpid();
  pid_t pid = fork();
  if (pid == 0) {
    struct user user = {0};
    char *words[] = {file->uid, file->as};
    if (become_named(&user, words) != 0) _exit(EPERM);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(EINTR);
    _exit(publish_file(file) ? 0 : errno);
  }
  if (pid < 0) return false;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  // SIGALRM: the user directory did not answer.
  errno = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status) == SIGALRM ? ETIMEDOUT : EINTR;
  return errno == 0;
}

int publish_shared(int fd) {
  struct file file;
  char *then;
  if (!has_files(fd)) return 0;
  FILE *from = fdopen(fcntl(fd, F_DUPFD_CLOEXEC, 0), "r");
  if (from == NULL) return FAILED;
  while (read_file_fields(from, &file, &then))
    if (file.folder != NULL && !(settle_path(&file, "") && publish_as_other(&file))) return fail_at(&file);
  fclose(from);
  return lseek(fd, 0, SEEK_SET) == 0 ? 0 : FAILED;
}

int publish_shared_for_unit(char **words) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s/fields", words[0]);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  return fd < 0 ? FAILED : publish_shared(fd);
}

int publish(int fd) {
  struct file file;
  char *then;
  if (!has_files(fd)) return -1;
  FILE *from = fdopen(fcntl(fd, F_DUPFD_CLOEXEC, 0), "r");
  if (from == NULL) return FAILED;
  while (read_file_fields(from, &file, &then))
    if (file.folder == NULL && !publish_file(&file)) return fail_at(&file);
  long at = ftell(from);
  fclose(from);
  if (then == NULL || lseek(fd, at, SEEK_SET) != at) return FAILED;
  return strcmp(then, "run") == 0 ? -1 : 0;
}

int publish_for_unit(char **words) {
  char *const command[] = {"mlrun", "--order-fd", "0", NULL};
  int result = publish(STDIN_FILENO);
  if (result >= 0) return result;
  execv(words[0], command);
  dprintf(STDERR_FILENO, "mlsupervise: Cannot start %s as the user: %s\n", words[0], strerror(errno));
  return FAILED;
}
