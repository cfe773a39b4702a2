#include "../supervise/claim.h"
#include "../supervise/describe.h"
#include "../supervise/journal.h"
#include "../supervise/supervise.h"
#include "program.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/** From TERM to KILL: a caller waits for at most half a minute. */
enum { KILL_AFTER_MS = 2000, OWN_ERROR = 125 };

static _Noreturn void execute(const struct run *run, const struct user *user, const int out[2], pid_t parent) {
  int fields = openat(run->folder, "fields", O_RDONLY | O_CLOEXEC);
  if (fields < 0 || dup2(fields, STDIN_FILENO) < 0 || dup2(out[0], STDOUT_FILENO) < 0 || dup2(out[1], STDERR_FILENO) < 0)
    _exit(OWN_ERROR);
  execute_program(user, parent);
}

static bool start(struct run *run, const struct user *user) {
  int answer[2];
  int said[2];
  if (pipe2(answer, O_CLOEXEC) != 0 || pipe2(said, O_CLOEXEC) != 0) return false;
  fcntl(answer[0], F_SETFL, O_NONBLOCK);
  fcntl(said[0], F_SETFL, O_NONBLOCK);
  run->answer_fd = answer[0];
  run->said_fd = said[0];
  pid_t parent = getpid();
  run->pid = fork();
  if (run->pid == 0) execute(run, user, (int[]){answer[1], said[1]}, parent);
  close(answer[1]);
  close(said[1]);
  return run->pid > 0;
}

/** Replaces the service's messages and exit status. */
static void fail(struct run *run, const char *words) {
  run->status = W_EXITCODE(OWN_ERROR, 0);
  snprintf(run->said, sizeof run->said, "mlsupervise: %s", words);
}

/** Stores the answer before the exit. */
static void keep_answer(struct run *run) {
  bool has_ended_well = WIFEXITED(run->status) && WEXITSTATUS(run->status) == 0;
  if (run->is_late) fail(run, "Ended a service that took too long");
  else if (has_ended_well && run->is_answer_cut) fail(run, "Cannot pass on an answer of more than 65536 bytes");
  // JSON text has no NUL, and a record would end there.
  else if (has_ended_well && memchr(run->answer, '\0', run->answer_bytes) != NULL) fail(run, "Cannot read an answer with NUL");
  else if (has_ended_well && !write_record(run->folder, "output", run->answer)) fail(run, "Cannot keep the answer");
}

int serve(char **words) {
  struct run run = NO_RUN;
  struct user user = {0};
  run.answer = calloc(1, ANSWER_BYTES + 1);
  if (run.answer == NULL) return NO_ROOM;
  run.kill_after_ms = KILL_AFTER_MS;
  int error = claim_run(&run, &user, (struct claiming){words[0], words[1], words[2], words[4]});
  if (error != 0) return error;
  run.late_at_ms = clock_ms(CLOCK_MONOTONIC) + strtoll(words[3], NULL, 10) * 1000;
  if (start(&run, &user)) follow(&run);
  else run.status = W_EXITCODE(OWN_ERROR, 0);
  keep_answer(&run);
  write_exit(&run);
  return 0;
}
