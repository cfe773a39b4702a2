#include "signals.h"
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
  /** Interval of checks without a descriptor for a signalfd. */
  LOOK_EVERY_MS = 20,
  SIGNAL_BASE = 128,
  /** Size of the kernel's signal set. The library's omits two signals that it uses itself. */
  KERNEL_SIGNAL_BYTES = 8,
};

void block_signals(sigset_t *blocked, struct sigaction *on_child) {
  sigset_t all;
  struct sigaction as_usual = {.sa_handler = SIG_DFL};
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, blocked);
  // If SIGCHLD is ignored, a child leaves no status (wait(2)).
  sigaction(SIGCHLD, &as_usual, on_child);
}

void open_signals(struct signal_source *source) {
  sigset_t all;
  sigfillset(&all);
  source->fd = signalfd(-1, &all, SFD_NONBLOCK | SFD_CLOEXEC);
}

void wait_for_signal(const struct signal_source *source, struct pollfd *polled, nfds_t count, int timeout_ms) {
  bool looks = source->fd < 0 && (timeout_ms < 0 || timeout_ms > LOOK_EVERY_MS);
  if (poll(polled, count, looks ? LOOK_EVERY_MS : timeout_ms) < 0) for (nfds_t i = 0; i < count; i++) polled[i].revents = 0;
}

bool take_pending(const struct signal_source *source, struct taken_signal *taken) {
  static const struct timespec at_once = {0, 0};
  if (source->fd >= 0) {
    struct signalfd_siginfo info;
    if (read(source->fd, &info, sizeof info) != (ssize_t)sizeof info) return false;
    *taken = (struct taken_signal){(int)info.ssi_signo, info.ssi_code, (pid_t)info.ssi_pid};
    return true;
  }
  sigset_t all;
  siginfo_t info;
  sigfillset(&all);
  if (sigtimedwait(&all, &info, &at_once) < 0) return false;
  *taken = (struct taken_signal){info.si_signo, info.si_code, info.si_pid};
  return true;
}

bool went_to_group(const struct taken_signal *taken, struct witness *witness) {
  enum testimony testimony = ask_witness(witness, taken->number);
  // The terminal signals only groups.
  return testimony == WENT_TO_GROUP || (testimony == NOT_KNOWN && taken->code == SI_KERNEL);
}

bool is_waiting(int signal_number) {
  sigset_t waiting;
  return sigpending(&waiting) == 0 && sigismember(&waiting, signal_number) == 1;
}

void stop_as(int signal_number) {
  sigset_t one, blocked;
  struct sigaction as_usual = {.sa_handler = SIG_DFL};
  sigaction(signal_number, &as_usual, NULL);
  sigemptyset(&one);
  sigaddset(&one, signal_number);
  kill(getpid(), signal_number);
  sigprocmask(SIG_UNBLOCK, &one, &blocked);
  sigprocmask(SIG_SETMASK, &blocked, NULL);
}

_Noreturn void die_by(int signal_number) {
  struct sigaction as_usual = {.sa_handler = SIG_DFL};
  prctl(PR_SET_DUMPABLE, 0);
  sigaction(signal_number, &as_usual, NULL);
  // Asks the kernel directly: the library reserves 32 and 33.
  uint64_t none = 0;
  kill(getpid(), signal_number);
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, KERNEL_SIGNAL_BYTES);
  _exit(SIGNAL_BASE + signal_number);
}
