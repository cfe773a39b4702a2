#include "../files/put.h"
#include "claim.h"
#include "follow.h"
#include "supervise.h"
#include "user.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void execute(const struct run *run, const struct user *user, int said, pid_t parent) {
  sigset_t none;
  sigemptyset(&none);
  setsid();
  int order = openat(run->folder, "fields", O_RDONLY);
  int null = open("/dev/null", O_WRONLY);
  bool is_connected = order >= 0 && dup2(order, STDIN_FILENO) == STDIN_FILENO && dup2(null, STDOUT_FILENO) == STDOUT_FILENO &&
                      dup2(said, STDERR_FILENO) == STDERR_FILENO;
  close_range(STDERR_FILENO + 1, ~0U, 0);
  // Publishes into shared folders while this process can still become other users.
  int shared = is_connected ? publish_shared(STDIN_FILENO) : 0;
  if (shared != 0) _exit(shared);
  if (is_connected && become_user(user) && chdir("/") == 0) {
    // Not earlier: becoming another user clears it. Without a supervisor nobody could stop the command.
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

int supervise(char **words) {
  struct run run = NO_RUN;
  struct user user = {0};
  run.mlrun = words[5];
  run.kill_after_ms = strtoll(words[3], NULL, 10) * 1000;
  int error = claim_run(&run, &user, (struct claiming){words[0], words[1], words[2], words[4]});
  if (error != 0) return error;
  if (!start(&run, &user)) run.status = W_EXITCODE(125, 0);
  else follow(&run);
  write_exit(&run);
  return 0;
}
