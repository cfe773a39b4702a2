#include "archive.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PIECE_BYTES = 262144, GZIP_MAGIC = 0x1f };

static _Noreturn void become_tar(const struct unpacking *unpacking, int input, bool is_gzip) {
  // GNU tar strips the `/` of names and of hard links, refuses `..`, and makes links that lead out only when all else is done.
  char *const words[] = {"tar", "--extract", "--file", "-", "--no-same-owner", "--no-same-permissions", "--delay-directory-restore",
                         "--warning=no-timestamp", is_gzip ? "--gzip" : NULL, NULL};
  static char *const environment[] = {"PATH=/usr/bin:/bin", "LC_ALL=C", NULL};
  int null = open("/dev/null", O_WRONLY);
  signal(SIGPIPE, SIG_DFL);
  bool is_ready = fchdir(unpacking->folder) == 0 && dup2(input, STDIN_FILENO) >= 0 && dup2(null, STDOUT_FILENO) >= 0 &&
                  dup2(unpacking->errors, STDERR_FILENO) >= 0;
  close_range(STDERR_FILENO + 1, ~0U, 0);
  if (is_ready) execvpe(words[0], words, environment);
  _exit(127);
}

bool begin_unpacking(struct unpacking *unpacking, int parent, const char *name, FILE *from) {
  int pipes[2];
  int first = fgetc(from);
  ungetc(first, from);
  if (mkdirat(parent, name, 0755) != 0) return false;
  unpacking->folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  unpacking->errors = memfd_create("tar", MFD_CLOEXEC);
  if (unpacking->folder < 0 || unpacking->errors < 0 || pipe2(pipes, O_CLOEXEC) != 0) return false;
  unpacking->pid = fork();
  if (unpacking->pid == 0) become_tar(unpacking, pipes[0], first == GZIP_MAGIC);
  close(pipes[0]);
  unpacking->input = pipes[1];
  return unpacking->pid > 0;
}

bool copy_into(struct unpacking *unpacking, FILE *from, uint64_t bytes) {
  static char piece[PIECE_BYTES];
  bool is_wanted = true;
  while (bytes > 0) {
    size_t got = fread(piece, 1, bytes < sizeof piece ? bytes : sizeof piece, from);
    if (got == 0) {
      errno = EPIPE;
      return false;
    }
    for (size_t at = 0; is_wanted && at < got;) {
      ssize_t count = write(unpacking->input, piece + at, got - at);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) is_wanted = false;
      else at += (size_t)count;
    }
    bytes -= got;
  }
  return true;
}

static bool is_full(const char *words) {
  static const char *const signs[] = {"No space left", "quota exceeded", "Wrote only"};
  for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
    if (strstr(words, signs[i]) != NULL) return true;
  return false;
}

bool end_unpacking(struct unpacking *unpacking, bool is_copied, char words[static WORDS_BYTES]) {
  int error = errno;
  int status = 0;
  if (!is_copied) kill(unpacking->pid, SIGKILL);
  close(unpacking->input);
  while (waitpid(unpacking->pid, &status, 0) < 0 && errno == EINTR) continue;
  bool is_unpacked = is_copied && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  if (is_copied && !is_unpacked) {
    ssize_t got = pread(unpacking->errors, words, WORDS_BYTES - 1, 0);
    words[got < 0 ? 0 : got] = '\0';
    error = is_full(words) ? ENOSPC : EBADMSG;
  }
  // tar does not sync the files that it writes.
  if (is_unpacked && syncfs(unpacking->folder) != 0) {
    error = errno;
    is_unpacked = false;
  }
  close(unpacking->folder);
  close(unpacking->errors);
  errno = error;
  return is_unpacked;
}
