#include "environment.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const PROCESS_VARIABLES[] = {"LISTEN_PID", "WATCHDOG_PID"};
enum { MAX_ADDED = 6, PROCESS_TEXT_BYTES = 32, PIPES_BYTES = 96 };

const char *variable(const char *name) {
  const char *value = getenv(name);
  return value == NULL || *value == '\0' ? NULL : value;
}

void write_job(char job[static MAX_JOB_BYTES], const char *name) {
  snprintf(job, MAX_JOB_BYTES, "%s", name);
  // Keeps characters whole: continuation bytes go with the byte before them.
  while (count_characters(job) > MAX_JOB_CHARACTERS) {
    size_t end = strlen(job) - 1;
    while (end > 0 && ((unsigned char)job[end] & 0xc0) == 0x80) end -= 1;
    job[end] = '\0';
  }
}

/** Whether an entry starts with `NAME=`. */
static bool is_for(const char *entry, const char *name) {
  size_t bytes = strlen(name);
  return strncmp(entry, name, bytes) == 0 && entry[bytes] == '=';
}

/** Puts an order's variables before mlrun's own, and leaves out own ones of the same name. */
static char **with_variables(char **variables, size_t *count) {
  size_t own = 0, added = 0;
  while (environ[own] != NULL) own += 1;
  while (variables != NULL && variables[added] != NULL) added += 1;
  char **environment = calloc(own + added + MAX_ADDED + 1, sizeof *environment);
  if (environment == NULL) return NULL;
  for (size_t i = 0; i < added; i++) environment[(*count)++] = variables[i];
  for (size_t i = 0; i < own; i++) {
    bool is_replaced = false;
    for (size_t k = 0; k < added && !is_replaced; k++) {
      size_t bytes = strcspn(variables[k], "=") + 1;
      is_replaced = strncmp(variables[k], environ[i], bytes) == 0;
    }
    if (!is_replaced) environment[(*count)++] = environ[i];
  }
  return environment;
}

/** Sets the variable in place, or at the end, and removes its duplicates. */
static bool set(char **environment, const char *name, const char *value) {
  char *entry = NULL;
  if (asprintf(&entry, "%s=%s", name, value) < 0) return false;
  char **to = environment;
  bool is_set = false;
  for (char **from = environment; *from != NULL; from++) {
    if (!is_for(*from, name)) *to++ = *from;
    else if (!is_set) {
      *to++ = entry;
      is_set = true;
    }
  }
  if (!is_set) *to++ = entry;
  *to = NULL;
  return true;
}

char **command_environment(const char *x, const struct names *names, const struct options *options) {
  size_t count = 0;
  char **environment = with_variables(options->variables, &count);
  if (environment == NULL) return NULL;
  // Without a run, everything that this execution starts is one launch with it.
  bool is_whole = set(environment, "MLRUN_ID", x) && set(environment, "MLRUN_JOB", names->job) &&
                  set(environment, "MLRUN_RUN", *names->run == '\0' ? x : names->run) &&
                  set(environment, "MLRUN_SEEN", names->seen);
  if (is_whole && !options->buffered && getenv("PYTHONUNBUFFERED") == NULL)
    is_whole = set(environment, "PYTHONUNBUFFERED", "1");
  return is_whole ? environment : NULL;
}

bool add_pipes(char **environment, const int fds[static 2]) {
  char pipes[PIPES_BYTES];
  write_pipes(pipes, sizeof pipes, fds);
  return set(environment, "MLRUN_PIPES", pipes);
}

void rename_process(char **environment, pid_t before, pid_t now) {
  static char texts[sizeof PROCESS_VARIABLES / sizeof PROCESS_VARIABLES[0]][PROCESS_TEXT_BYTES];
  for (size_t i = 0; i < sizeof PROCESS_VARIABLES / sizeof PROCESS_VARIABLES[0]; i++) {
    const char *name = PROCESS_VARIABLES[i];
    for (char **entry = environment; *entry != NULL; entry++) {
      if (!is_for(*entry, name) || atol(*entry + strlen(name) + 1) != before) continue;
      snprintf(texts[i], sizeof texts[i], "%s=%d", name, now);
      *entry = texts[i];
    }
  }
}
