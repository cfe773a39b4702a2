#include "put.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/** Runs a system program in a folder, silently and without this process's environment. */
static void run_tool(int folder, char *const words[]) {
  static char *const environment[] = {"PATH=/usr/bin:/bin", "LC_ALL=C", NULL};
  pid_t pid = fork();
  if (pid == 0) {
    int null = open("/dev/null", O_RDWR);
    bool is_silent = dup2(null, STDIN_FILENO) >= 0 && dup2(null, STDOUT_FILENO) >= 0 && dup2(null, STDERR_FILENO) >= 0;
    if (is_silent && fchdir(folder) == 0) {
      close_range(STDERR_FILENO + 1, ~0U, 0);
      execvpe(words[0], words, environment);
    }
    _exit(127);
  }
  while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR) continue;
}

void remove_entry(int folder, const char *name) {
  if (unlinkat(folder, name, 0) == 0 || errno != EISDIR) return;
  // An archive may contain folders that not even their owner may enter.
  char *const open_all[] = {"chmod", "-R", "u+rwX", "--", (char *)name, NULL};
  char *const remove_all[] = {"rm", "-rf", "--", (char *)name, NULL};
  run_tool(folder, open_all);
  run_tool(folder, remove_all);
}

void sync_folder(int folder) {
  int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  fsync(fd);
  close(fd);
}
