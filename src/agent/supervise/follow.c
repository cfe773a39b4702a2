#include "follow.h"
#include "describe.h"
#include "journal.h"
#include "members.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
  /** Time for mlrun's processes to hand over the last output, once nothing else is alive. */
  HAND_OVER_MS = 20000,
  /** Interval between checks for remaining processes. */
  LOOK_EVERY_MS = 50,
  /**
   * Reads of each pipe before limit and cancel are checked again: a command that prints without end must not delay them. The rest
   * wakes the next poll. After the exit nothing wakes any more: this many reads show whether an answer is too long.
   */
  READS_A_WAKE = 16,
  READ_BYTES = 8192,
};
_Static_assert(READS_A_WAKE * READ_BYTES > ANSWER_BYTES, "A too long answer shows in one wake");

/** Keeps the first messages: they explain a failed start. */
static void hear(struct run *run) {
  char bytes[READ_BYTES];
  for (int reads = 0; reads < READS_A_WAKE; reads++) {
    ssize_t got = read(run->said_fd, bytes, sizeof bytes);
    if (got < 0 && errno != EINTR) return;
    if (got == 0) {
      close(run->said_fd);
      run->said_fd = -1;
      return;
    }
    for (ssize_t i = 0; i < got && run->said_bytes < SAID_BYTES; i++) {
      unsigned char byte = (unsigned char)bytes[i];
      bool is_plain = byte >= ' ' && byte < 0x7f && byte != '"' && byte != '\\';
      run->said[run->said_bytes++] = is_plain ? (char)byte : byte == '\n' ? ' ' : '?';
    }
  }
}

/** Keeps an answer up to its limit; drains the rest so that the service does not block. */
static void hear_answer(struct run *run) {
  char bytes[READ_BYTES];
  for (int reads = 0; reads < READS_A_WAKE; reads++) {
    ssize_t got = read(run->answer_fd, bytes, sizeof bytes);
    if (got < 0 && errno != EINTR) return;
    if (got == 0) {
      close(run->answer_fd);
      run->answer_fd = -1;
      return;
    }
    size_t room = ANSWER_BYTES - run->answer_bytes;
    size_t count = got > 0 ? (size_t)got : 0;
    if (count > room) run->is_answer_cut = true;
    memcpy(run->answer + run->answer_bytes, bytes, count < room ? count : room);
    run->answer_bytes += count < room ? count : room;
  }
}

/** @return Whether anybody has died. */
static bool reap(struct run *run) {
  int status;
  bool has_any = false;
  for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
    has_any = true;
    if (pid != run->pid) continue;
    run->has_ended = true;
    run->status = status;
  }
  return has_any;
}

/**
 * Whether nobody is left. A process that forks a successor and exits during the look is missed, and so is the successor. But its
 * death shows, because orphans are this process's children.
 */
static bool are_all_gone(struct run *run, const struct members *members) {
  reap(run);
  return signal_members(0, members) == 0 && !reap(run);
}

/** Signals all at once, as an ending session does. Stopped processes get the signal when they continue. */
static void ask_to_end(struct run *run, const struct members *members) {
  if (run->kill_at_ms > 0) return;
  run->kill_at_ms = clock_ms(CLOCK_MONOTONIC) + run->kill_after_ms;
  // mlrun sees that the group got the signal, and does not forward it.
  if (!run->has_ended) kill(-run->pid, SIGTERM);
  signal_members(SIGTERM, members);
  signal_members(SIGCONT, members);
}

/** Waits for an event, with a timeout once the end is near. */
static void wait_for_events(struct run *run) {
  struct pollfd polled[] = {
      {run->signals, POLLIN, 0}, {run->watch, POLLIN, 0}, {run->said_fd, POLLIN, 0}, {run->answer_fd, POLLIN, 0}};
  char unused[4096];
  bool is_hurried = run->kill_at_ms > 0 || run->has_ended;
  long long left_ms = run->late_at_ms - clock_ms(CLOCK_MONOTONIC);
  int wait_ms = run->late_at_ms == 0 ? -1 : left_ms < 0 ? 0 : (int)left_ms;
  poll(polled, sizeof polled / sizeof polled[0], is_hurried ? LOOK_EVERY_MS : wait_ms);
  // The content of the event does not matter.
  while (read(run->signals, unused, sizeof unused) > 0) continue;
  while (read(run->watch, unused, sizeof unused) > 0) continue;
  // Before the output is read: all that an ended process wrote is in the pipes.
  reap(run);
  if (run->said_fd >= 0) hear(run);
  if (run->answer_fd >= 0) hear_answer(run);
}

void follow(struct run *run) {
  const struct members members = {.mlrun = run->mlrun == NULL ? 0 : run->pid, .program = run->mlrun};
  const struct members everybody = {0};
  for (;;) {
    if (run->folder >= 0 && has_record(run->folder, "cancel")) ask_to_end(run, &members);
    // All are reaped before the return: left to process 1, which may be slow, the dead would still seem alive.
    if (run->has_ended && are_all_gone(run, &members)) return;
    // Left-over processes end with the command, as under systemd.
    if (run->has_ended) ask_to_end(run, &members);
    long long now_ms = clock_ms(CLOCK_MONOTONIC);
    if (run->late_at_ms > 0 && now_ms >= run->late_at_ms && run->kill_at_ms == 0) {
      run->is_late = true;
      ask_to_end(run, &members);
    }
    if (run->kill_at_ms > 0 && now_ms >= run->kill_at_ms)
      signal_members(SIGKILL, now_ms < run->kill_at_ms + HAND_OVER_MS ? &members : &everybody);
    wait_for_events(run);
  }
}

bool watch(struct run *run, const char *folder) {
  sigset_t children;
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD);
  sigprocmask(SIG_BLOCK, &children, NULL);
  signal(SIGPIPE, SIG_IGN);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  run->signals = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
  if (run->folder < 0) return run->signals >= 0;
  run->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  return run->signals >= 0 && run->watch >= 0 && inotify_add_watch(run->watch, folder, IN_CREATE | IN_MOVED_TO) >= 0;
}

void write_exit(const struct run *run) {
  char text[RECORD_BYTES];
  describe_exit(text, run->status, run->said);
  write_reserved(run->folder, run->reserved, "exit", text);
}
