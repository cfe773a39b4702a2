#include "descriptors.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

/** Used without close_range(2), before Linux 5.9: higher numbers are rare. */
enum { MOST_BY_HAND = 65536 };

void close_from(int first) {
  if (syscall(SYS_close_range, first, ~0U, 0) == 0) return;
  long most = sysconf(_SC_OPEN_MAX);
  if (most < 0 || most > MOST_BY_HAND) most = MOST_BY_HAND;
  for (int fd = first; fd < most; fd++) close(fd);
}

void close_all_but(const int *kept, int count) {
  int highest = -1;
  for (int i = 0; i < count; i++)
    if (kept[i] > highest) highest = kept[i];
  for (int fd = 0; fd < highest; fd++) {
    bool is_kept = false;
    for (int i = 0; i < count; i++) is_kept = is_kept || kept[i] == fd;
    if (!is_kept) close(fd);
  }
  close_from(highest + 1);
}

void occupy_standard(bool were_closed[static 3]) {
  for (int fd = 0; fd < 3; fd++) {
    were_closed[fd] = fcntl(fd, F_GETFD) < 0 && errno == EBADF;
    if (!were_closed[fd]) continue;
    // Takes the lowest free number, which is this one. Closed at exec, so the command finds it as the caller left it.
    if (open("/dev/null", O_RDWR | O_CLOEXEC) < 0 && open("/", O_PATH | O_CLOEXEC) < 0) return;
  }
}

int move_up(int fd, int least) {
  int moved = fcntl(fd, F_DUPFD_CLOEXEC, least);
  if (moved >= 0) close(fd);
  return moved;
}
