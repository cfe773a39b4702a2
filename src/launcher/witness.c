#include "witness.h"
#include "descriptors.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/** A witness that does not answer for this long is stopped, or the machine is failing. */
enum { ANSWER_MS = 2000 };

/**
 * Whether this signal may have come and gone: a stop discards a SIGCONT that is pending, and the reverse (POSIX.1-2017,
 * 2.4.1). Then the later one counts for the whole group.
 */
static bool is_discarded(int signal_number) {
  static const int stops[] = {SIGTSTP, SIGTTIN, SIGTTOU};
  sigset_t pending;
  sigpending(&pending);
  for (size_t i = 0; i < sizeof stops / sizeof stops[0]; i++) {
    if (signal_number == SIGCONT && sigismember(&pending, stops[i]) == 1) return true;
    if (signal_number == stops[i] && sigismember(&pending, SIGCONT) == 1) return true;
  }
  return false;
}

static _Noreturn void bear_witness(int fd) {
  static const struct timespec at_once = {0, 0};
  unsigned char signal_number;
  prctl(PR_SET_NAME, "mlrun-witness");
  // Keeps only the socket open: this process must hold nothing of the caller's.
  dup2(fd, 0);
  close_from(1);
  while (read(0, &signal_number, 1) == 1) {
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, signal_number);
    bool is_here = sigtimedwait(&one, NULL, &at_once) == signal_number || is_discarded(signal_number);
    unsigned char answer = is_here ? WENT_TO_GROUP : WENT_TO_ONE;
    if (write(0, &answer, 1) != 1) break;
  }
  _exit(0);
}

void start_witness(struct witness *witness) {
  int ends[2];
  *witness = (struct witness){-1, -1};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return;
  witness->pid = fork();
  if (witness->pid == 0) {
    close(ends[0]);
    bear_witness(ends[1]);
  }
  close(ends[1]);
  witness->fd = ends[0];
  if (witness->pid < 0) end_witness(witness);
}

enum testimony ask_witness(struct witness *witness, int signal_number) {
  unsigned char word = (unsigned char)signal_number;
  if (witness->fd < 0 || send(witness->fd, &word, 1, MSG_NOSIGNAL) != 1) return NOT_KNOWN;
  struct pollfd answer = {witness->fd, POLLIN, 0};
  if (poll(&answer, 1, ANSWER_MS) == 1 && read(witness->fd, &word, 1) == 1) return word;
  // A late answer would be taken for the next one.
  end_witness(witness);
  return NOT_KNOWN;
}

void end_witness(struct witness *witness) {
  if (witness->fd >= 0) close(witness->fd);
  witness->fd = -1;
}
