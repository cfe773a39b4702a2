#include "describe.h"
#include "journal.h"
#include "members.h"
#include "supervise.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOOK_EVERY_US = 50000, HAND_OVER_MS = 20000 };

static int open_folder(const char *path) {
  return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/** ExecStartPre: without a claim the unit fails, and nothing is executed. */
int claim_for_unit(char **words) {
  char text[RECORD_BYTES];
  const char *invocation = getenv("INVOCATION_ID");
  int folder = open_folder(words[0]);
  if (folder < 0 || invocation == NULL) return USAGE;
  if (has_record(folder, "claim")) return TAKEN;
  int reserved = reserve_room(folder, "exit");
  if (reserved < 0 || !describe_unit(text, words[1], words[2], invocation)) return NO_ROOM;
  if (write_record(folder, "claim", text)) return 0;
  int error = errno;
  give_room_back(folder, "exit");
  return error == EEXIST ? TAKEN : NO_ROOM;
}

static bool is_there(pid_t pid) {
  return pid > 0 && kill(pid, 0) == 0;
}

/** ExecStop: ends all but mlrun's own processes, which still hand over output. systemd ends the rest. */
int stop_unit(char **words) {
  const char *main_pid = getenv("MAINPID");
  const struct members members = {
      .mlrun = main_pid == NULL ? 0 : (pid_t)strtol(main_pid, NULL, 10), .program = words[1], .are_of_cgroup = true};
  if (members.mlrun == 0) return 0;
  long long kill_at_ms = clock_ms(CLOCK_MONOTONIC) + strtoll(words[0], NULL, 10) * 1000;
  signal_members(SIGTERM, &members);
  signal_members(SIGCONT, &members);
  while (is_there(members.mlrun)) {
    long long now_ms = clock_ms(CLOCK_MONOTONIC);
    if (now_ms >= kill_at_ms + HAND_OVER_MS) return 0;
    if (now_ms >= kill_at_ms) signal_members(SIGKILL, &members);
    usleep(LOOK_EVERY_US);
  }
  return 0;
}

/** The main process's exit from systemd's variables, as a wait status (systemd.exec(5), EXIT_CODE). */
static int status_from(const char *code, const char *status) {
  if (code == NULL || status == NULL) return W_EXITCODE(125, 0);
  if (strcmp(code, "exited") == 0) return W_EXITCODE((int)strtol(status, NULL, 10) & 0xff, 0);
  for (int number = 1; number < NSIG; number++) {
    const char *name = sigabbrev_np(number);
    if (name != NULL && strcmp(name, status) == 0) return number;
  }
  return SIGKILL;
}

/** ExecStopPost. Does nothing unless this invocation of the unit has the claim. */
int end_unit(char **words) {
  char text[RECORD_BYTES] = "";
  char said[64];
  const char *invocation = getenv("INVOCATION_ID");
  const char *result = getenv("SERVICE_RESULT");
  int folder = open_folder(words[0]);
  if (folder < 0 || invocation == NULL) return USAGE;
  int claim = openat(folder, "claim", O_RDONLY | O_CLOEXEC);
  if (claim < 0 || read(claim, text, sizeof text - 1) <= 0 || strstr(text, invocation) == NULL) return 0;
  int reserved = find_room(folder, "exit");
  if (reserved < 0) return NO_ROOM;
  // The record has exit code and signal.
  static const char *const usual[] = {"success", "exit-code", "signal"};
  bool is_usual = result == NULL;
  for (size_t i = 0; i < sizeof usual / sizeof usual[0] && !is_usual; i++) is_usual = strcmp(result, usual[i]) == 0;
  snprintf(said, sizeof said, "%.40s", is_usual ? "" : result);
  describe_exit(text, status_from(getenv("EXIT_CODE"), getenv("EXIT_STATUS")), said);
  return write_reserved(folder, reserved, "exit", text) ? 0 : NO_ROOM;
}
