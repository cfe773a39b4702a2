#include "logger.h"
#include "../process/process-stat.h"
#include "descriptors.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
  RECORDS_FD = 3,
  PROGRESS_FD = 4,
  FIRST_OTHER_FD = 5,
  /** Records on their way to the logger: the more it finds at once, the less each costs. The kernel takes what it allows. */
  SEND_BUFFER_BYTES = 524288,
  /** Messages taken in one read of the progress. */
  PROGRESS_AT_ONCE = 32,
};

/**
 * Opens a pipe: shared memory would be a file for Node, which `ulimit -f 0` forbids to write. @return Node's end, or
 * -1.
 */
static int open_progress(struct logger *logger) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return -1;
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  logger->progress_fd = ends[0];
  return ends[1];
}

/** In the child: keeps only the records, the progress, and /dev/null as 0, 1 and 2. */
static void become_logger(const char *folder, int records, int progress) {
  records = move_up(records, FIRST_OTHER_FD);
  progress = move_up(progress, FIRST_OTHER_FD);
  int nothing = open("/dev/null", O_RDWR);
  // Without /dev/null, uses a folder, into which nothing can be written either.
  if (nothing < 0) nothing = open("/", O_RDONLY);
  for (int fd = 0; fd < 3; fd++) dup2(nothing, fd);
  bool is_open = records >= 0 && progress >= 0 && dup2(records, RECORDS_FD) >= 0 && dup2(progress, PROGRESS_FD) >= 0;
  if (!is_open) return;
  close_from(FIRST_OTHER_FD);
  exec_node(folder, (const char *const[]){"--log-records", NULL});
  struct {
    struct record record;
    uint32_t error;
    uint32_t unused[3];
  } failed = {{sizeof failed.error, RECORD_FAILED, {0}, 0}, (uint32_t)errno, {0}};
  if (write(RECORDS_FD, &failed, sizeof failed) < 0) return;
}

bool start_logger(struct logger *logger, const char *folder, char reason[static REASON_BYTES]) {
  int ends[2];
  int progress = -1;
  *logger = (struct logger){.fd = -1, .progress_fd = -1};
  bool is_open = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0;
  // With a smaller buffer it is only slower.
  if (is_open) setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &(int){SEND_BUFFER_BYTES}, sizeof(int));
  if (is_open) progress = open_progress(logger);
  if (progress >= 0) logger->pid = fork();
  if (progress >= 0 && logger->pid == 0) {
    become_logger(folder, ends[1], progress);
    _exit(1);
  }
  bool is_started = progress >= 0 && logger->pid > 0;
  if (is_started) logger->fd = ends[0];
  else snprintf(reason, REASON_BYTES, "Cannot start the logger: %s", strerror(errno));
  if (progress >= 0) close(progress);
  if (is_open) close(ends[1]);
  if (is_open && !is_started) close(ends[0]);
  if (progress >= 0 && !is_started) close(logger->progress_fd);
  return is_started;
}

bool read_logger(struct logger *logger, void (*take)(void *context, const struct record *record), void *context) {
  ssize_t got = recv(logger->fd, logger->in + logger->in_bytes, sizeof logger->in - logger->in_bytes, MSG_DONTWAIT);
  if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return false;
  if (got > 0) logger->in_bytes += (size_t)got;
  size_t at = 0;
  while (logger->in_bytes - at >= sizeof(struct record)) {
    struct record head;
    memcpy(&head, logger->in + at, sizeof head);
    uint64_t bytes = record_bytes(head.length);
    // Longer than any record of the logger: it comes from another version.
    if (bytes > sizeof logger->in) return false;
    if (logger->in_bytes - at < bytes) break;
    take(context, (const struct record *)(logger->in + at));
    at += bytes;
  }
  memmove(logger->in, logger->in + at, logger->in_bytes - at);
  logger->in_bytes -= at;
  return true;
}

void read_progress(struct logger *logger) {
  struct progress all[PROGRESS_AT_ONCE];
  // The logger writes whole messages (PIPE_BUF, pipe(7)).
  ssize_t got = logger->progress_fd < 0 ? -1 : read(logger->progress_fd, all, sizeof all);
  for (; got >= (ssize_t)sizeof *all; got = read(logger->progress_fd, all, sizeof all)) {
    logger->progress = all[got / (ssize_t)sizeof *all - 1];
    logger->progress_us = now_us();
  }
}

bool has_halted(struct logger *logger) {
  int status;
  if (logger->pid <= 0) return true;
  while (waitpid(logger->pid, &status, WNOHANG | WUNTRACED | WCONTINUED) == logger->pid) {
    logger->is_stopped = !WIFCONTINUED(status);
    if (!WIFEXITED(status) && !WIFSIGNALED(status)) continue;
    logger->pid = -1;
    return true;
  }
  return logger->is_stopped;
}

uint64_t idle_us(struct logger *logger) {
  struct process_stat stat;
  uint64_t now = now_us();
  bool is_known = read_process(logger->pid, &stat);
  bool is_idle = !is_known || (stat.state != 'R' && stat.cpu_ticks == logger->ticks);
  if (is_known) logger->ticks = stat.cpu_ticks;
  if (!is_idle || logger->idle_since_us == 0) logger->idle_since_us = now;
  return now - logger->idle_since_us;
}

/** Ends the process. @return Whether it is known how it ended. */
static bool end_process(struct logger *logger, int *status) {
  if (logger->pid <= 0) return false;
  // Has no effect on a process that is already ending.
  kill(logger->pid, SIGKILL);
  bool is_known = waitpid(logger->pid, status, 0) == logger->pid;
  logger->pid = -1;
  return is_known;
}

void end_logger(struct logger *logger, bool is_gone, char why[static REASON_BYTES]) {
  int status = 0;
  strcpy(why, is_gone ? "it is gone" : "it takes nothing");
  if (logger->fd >= 0) close(logger->fd);
  logger->fd = -1;
  bool is_known = end_process(logger, &status) && is_gone;
  if (is_known && WIFSIGNALED(status)) snprintf(why, REASON_BYTES, "signal %d ended it", WTERMSIG(status));
  if (is_known && WIFEXITED(status)) snprintf(why, REASON_BYTES, "it ended with %d", WEXITSTATUS(status));
  read_progress(logger);
  if (logger->progress_fd >= 0) close(logger->progress_fd);
  logger->progress_fd = -1;
}
