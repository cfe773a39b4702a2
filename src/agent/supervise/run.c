#include "../files/put.h"
#include "describe.h"
#include "journal.h"
#include "members.h"
#include "supervise.h"
#include "user.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
  /** The directory of users must answer in this time. */
  DIRECTORY_SECONDS = 10,
  /** What mlrun's processes have to hand over the last output, once nothing else is alive. */
  HAND_OVER_MS = 20000,
  /** Between two looks at what is left. */
  LOOK_EVERY_MS = 50,
  SAID_BYTES = 500,
};

struct run {
  const char *mlrun;
  int folder;
  int reserved;
  pid_t pid;
  int signals;
  int watch;
  /** mlrun's own messages: its command prints elsewhere. */
  int said_fd;
  char said[SAID_BYTES + 1];
  size_t said_bytes;
  bool has_ended;
  int status;
  long long kill_after_ms;
  /** When everything that is left gets SIGKILL, and mlrun's own processes after that. 0: nobody asked. */
  long long kill_at_ms;
};

static _Noreturn void execute(const struct run *run, const struct user *user, int said, pid_t parent) {
  sigset_t none;
  sigemptyset(&none);
  setsid();
  int order = openat(run->folder, "fields", O_RDONLY);
  int null = open("/dev/null", O_WRONLY);
  bool is_connected = order >= 0 && dup2(order, STDIN_FILENO) == STDIN_FILENO && dup2(null, STDOUT_FILENO) == STDOUT_FILENO &&
                      dup2(said, STDERR_FILENO) == STDERR_FILENO;
  close_range(STDERR_FILENO + 1, ~0U, 0);
  if (is_connected && become_user(user) && chdir("/") == 0) {
    // Becoming another user would have cleared it. Without its supervisor nobody could stop the command.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(128 + SIGKILL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    int published = publish(STDIN_FILENO);
    if (published >= 0) _exit(published);
    char *const words[] = {"mlrun", "--order-fd", "0", NULL};
    execve(run->mlrun, words, user->environment);
  }
  dprintf(STDERR_FILENO, "mlsupervise: Cannot start %s as the user: %s\n", run->mlrun, strerror(errno));
  _exit(125);
}

static bool start(struct run *run, const struct user *user) {
  int said[2];
  if (pipe2(said, O_CLOEXEC) != 0) return false;
  fcntl(said[0], F_SETFL, O_NONBLOCK);
  pid_t parent = getpid();
  run->said_fd = said[0];
  run->pid = fork();
  if (run->pid == 0) execute(run, user, said[1], parent);
  close(said[1]);
  return run->pid > 0;
}

/** Keeps the first of mlrun's messages: they say why it started nothing. */
static void hear(struct run *run) {
  char bytes[SAID_BYTES];
  for (ssize_t got; (got = read(run->said_fd, bytes, sizeof bytes)) != -1 || errno == EINTR;) {
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

static void reap(struct run *run) {
  int status;
  for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
    if (pid != run->pid) continue;
    run->has_ended = true;
    run->status = status;
  }
}

/** To all at once, as a session that ends does it; what a signal stopped gets it only when it continues. */
static void ask_to_end(struct run *run, const struct members *members) {
  if (run->kill_at_ms > 0) return;
  run->kill_at_ms = clock_ms(CLOCK_MONOTONIC) + run->kill_after_ms;
  // mlrun sees that the group got it, and does not pass it on again.
  if (!run->has_ended) kill(-run->pid, SIGTERM);
  signal_members(SIGTERM, members);
  signal_members(SIGCONT, members);
}

/** Waits for something to happen, for a while once the end is near. */
static void wait_for_events(struct run *run) {
  struct pollfd polled[] = {{run->signals, POLLIN, 0}, {run->watch, POLLIN, 0}, {run->said_fd, POLLIN, 0}};
  char unused[4096];
  bool is_hurried = run->kill_at_ms > 0 || run->has_ended;
  poll(polled, sizeof polled / sizeof polled[0], is_hurried ? LOOK_EVERY_MS : -1);
  // Only that something happened counts.
  while (read(run->signals, unused, sizeof unused) > 0) continue;
  while (read(run->watch, unused, sizeof unused) > 0) continue;
  if (run->said_fd >= 0) hear(run);
  reap(run);
}

/** Follows the command to its end, and everything that it started to theirs. */
static void follow(struct run *run) {
  const struct members members = {.mlrun = run->pid, .program = run->mlrun};
  const struct members everybody = {0};
  for (;;) {
    if (has_record(run->folder, "cancel")) ask_to_end(run, &members);
    if (run->has_ended && signal_members(0, &members) == 0) return;
    // What a command leaves behind ends with it, as under systemd.
    if (run->has_ended) ask_to_end(run, &members);
    long long now_ms = clock_ms(CLOCK_MONOTONIC);
    if (run->kill_at_ms > 0 && now_ms >= run->kill_at_ms)
      signal_members(SIGKILL, now_ms < run->kill_at_ms + HAND_OVER_MS ? &members : &everybody);
    wait_for_events(run);
  }
}

static void write_exit(const struct run *run) {
  char text[RECORD_BYTES];
  describe_exit(text, run->status, run->said);
  write_reserved(run->folder, run->reserved, "exit", text);
}

static bool watch(struct run *run, const char *folder) {
  sigset_t children;
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD);
  sigprocmask(SIG_BLOCK, &children, NULL);
  signal(SIGPIPE, SIG_IGN);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  run->signals = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
  run->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  return run->signals >= 0 && run->watch >= 0 && inotify_add_watch(run->watch, folder, IN_CREATE | IN_MOVED_TO) >= 0;
}

int supervise(char **words) {
  struct run run = {.mlrun = words[5], .said_fd = -1, .kill_after_ms = strtoll(words[3], NULL, 10) * 1000};
  struct user user = {0};
  // Of a unit around, perhaps: its temporary names would be those of every supervisor.
  unsetenv("INVOCATION_ID");
  run.folder = open(words[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (run.folder < 0) return USAGE;
  // A directory that is silent ends this process, before anything is claimed.
  alarm(DIRECTORY_SECONDS);
  enum user_result found = find_user(&user, words[2], (uid_t)strtoul(words[1], NULL, 10));
  alarm(0);
  if (found != USER_FOUND) return found == USER_CHANGED ? CHANGED : UNKNOWN;
  run.reserved = reserve_room(run.folder, "exit");
  if (run.reserved < 0 || !watch(&run, words[0])) return NO_ROOM;
  char claim[RECORD_BYTES];
  if (!describe_process(claim, words[4]) || !write_record(run.folder, "claim", claim)) {
    int error = errno;
    give_room_back(run.folder, "exit");
    return error == EEXIST ? TAKEN : NO_ROOM;
  }
  if (!start(&run, &user)) run.status = W_EXITCODE(125, 0);
  else follow(&run);
  write_exit(&run);
  return 0;
}
