// mlgate: the one socket for mlrun on a node. README.md gives its purpose; its parts, in the order of a line's way:
//
//   listener -> connection (begin, begin-json) -> rounds -> proof -> K
//                          lines (frames)      -> turns, flight -> relay -> proof -> T
//
// One thread, one loop, nothing blocks. All bounds are in limits.h.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "connection.h"
#include "gate.h"
#include "listener.h"
#include "log.h"
#include "options.h"
#include "report.h"

struct program {
  struct gate *gate;
  int listener, signals;
  bool isOver;
  // accept(2) failed for lack of memory or descriptors: accepts nothing before the next tick.
  bool pausesAccepting;
};

static uint64_t steadyMs(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

static void onListener(void *context, uint32_t events) {
  struct program *program = context;
  (void)events;
  for (int i = 0; i < ACCEPTS_PER_TURN; i += 1) {
    int client = accept4(program->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client >= 0) {
      connectionAccept(program->gate, client);
      continue;
    }
    if (errno == EAGAIN) return;
    if (errno == ECONNABORTED || errno == EINTR) continue;
    logEvent(LOG_SAYS_ERROR, "cannot accept a connection: %s", strerror(errno));
    program->pausesAccepting = true;
    return pollerForget(&program->gate->poller, program->listener);
  }
}

static void onSignal(void *context, uint32_t events) {
  struct program *program = context;
  (void)events;
  struct signalfd_siginfo info;
  if (read(program->signals, &info, sizeof info) != sizeof info) return;
  if (info.ssi_signo == SIGUSR1) reportToLog(program->gate);
  else program->isOver = true;
}

// Raises the limit to as many descriptors as allowed, up to MAX_DESCRIPTORS. Each connection takes two.
static size_t raiseDescriptors(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  struct rlimit higher = limit;
  higher.rlim_cur = limit.rlim_max < MAX_DESCRIPTORS ? limit.rlim_max : MAX_DESCRIPTORS;
  // If this is forbidden, the old limit remains.
  if (setrlimit(RLIMIT_NOFILE, &higher) == 0) return higher.rlim_cur;
  return limit.rlim_cur < MAX_DESCRIPTORS ? limit.rlim_cur : MAX_DESCRIPTORS;
}

static void shareConnections(struct gate *gate, size_t descriptors, size_t wantedPerUser) {
  gate->allConnections = (descriptors - OTHER_DESCRIPTORS) / 2;
  size_t most = gate->allConnections / LEAST_SHARES;
  gate->connectionsPerUser = wantedPerUser < most ? wantedPerUser : most;
  if (wantedPerUser <= most) return;
  logEvent(LOG_SAYS_WARNING,
           "%zu descriptors allow %zu connections, so %zu of a user instead of %zu: raise LimitNOFILE= (ulimit -Hn)",
           descriptors, gate->allConnections, gate->connectionsPerUser, wantedPerUser);
}

static struct gate *newGate(const struct options *options) {
  size_t descriptors = raiseDescriptors();
  struct gate *gate = calloc(1, sizeof *gate);
  if (gate == NULL || !pollerOpen(&gate->poller, descriptors) || descriptors < LEAST_DESCRIPTORS) return NULL;
  gate->relay.linesPath = options->linesPath;
  gate->relay.beginPath = options->beginPath;
  gate->restWithinMs = options->restWithinMs;
  shareConnections(gate, descriptors, options->connectionsPerUser);
  gate->nowMs = steadyMs();
  linkInit(&gate->halfDone);
  usersInit(&gate->users, options->beginsPerSecond);
  subordinatesRead(&gate->subordinates);
  proofInit(&gate->proof);
  roundsInit(&gate->rounds);
  turnsInit(&gate->turns);
  return gate;
}

// Signals become events of the loop. SIGPIPE is ignored: a gone client or relay shows up in errno. So is SIGCHLD: nobody
// waits for the processes of passed.h.
static int openSignals(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  if (sigprocmask(SIG_BLOCK, &set, NULL) != 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
      signal(SIGCHLD, SIG_IGN) == SIG_ERR) {
    return -1;
  }
  return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static void tick(struct program *program) {
  struct gate *gate = program->gate;
  connectionsSweep(gate);
  usersSweep(&gate->users, gate->nowMs);
  subordinatesRead(&gate->subordinates);
  if (!program->pausesAccepting) return;
  program->pausesAccepting = !pollerSet(&gate->poller, program->listener, EPOLLIN, onListener, program);
}

static void run(struct program *program, const char *metricsPath) {
  struct gate *gate = program->gate;
  uint64_t tickedAtMs = gate->nowMs, lookedAtMs = gate->nowMs, reportedAtMs = gate->nowMs;
  while (!program->isOver) {
    bool isSoon = gate->rounds.areThrottled || turnsAnybodyWaits(gate);
    pollerWait(&gate->poller, isSoon ? SOON_MS : TICK_MS);
    gate->nowMs = steadyMs();
    if (gate->nowMs - lookedAtMs >= SOON_MS) {
      lookedAtMs = gate->nowMs;
      gate->turns.areDue = true;
    }
    if (gate->nowMs - tickedAtMs >= TICK_MS) {
      tickedAtMs = gate->nowMs;
      tick(program);
    }
    turnsGive(gate);
    roundsStart(gate);
    proofStart(gate);
    passedGive(&gate->passed);
    if (gate->nowMs - reportedAtMs < REPORT_EVERY_MS) continue;
    reportedAtMs = gate->nowMs;
    gate->rounds.isReportDue = true;
    if (metricsPath != NULL) reportToFile(gate, metricsPath);
  }
}

int main(int argc, char **argv) {
  bool isInherited = listenerIsInherited();
  struct options options = optionsRead(argc, argv, isInherited);
  struct program program = {.gate = newGate(&options), .signals = openSignals()};
  if (program.gate == NULL || program.signals < 0) {
    logEvent(LOG_SAYS_ERROR, "cannot start: no memory or too few descriptors, at least %d are needed",
             LEAST_DESCRIPTORS);
    return EXIT_FAILURE;
  }
  program.listener = isInherited ? listenerInherit() : listenerBind(options.listenPath);
  if (program.listener < 0) return EXIT_FAILURE;
  struct poller *poller = &program.gate->poller;
  if (!pollerSet(poller, program.listener, EPOLLIN, onListener, &program) ||
      !pollerSet(poller, program.signals, EPOLLIN, onSignal, &program)) {
    logEvent(LOG_SAYS_ERROR, "cannot start: %s", strerror(errno));
    return EXIT_FAILURE;
  }
  run(&program, options.metricsPath);
  if (options.metricsPath != NULL) reportToFile(program.gate, options.metricsPath);
  // Connected clients read EOF without T, and send again.
  if (!isInherited) unlink(options.listenPath);
  return EXIT_SUCCESS;
}
