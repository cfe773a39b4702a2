#include "environment.h"
#include "../process/process-stat.h"
#include "surroundings.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
  VALUE_BYTES = 80,
  /** A job's description has a few hundred short lines; the wanted numbers are never on a longer one. */
  LINE_BYTES = 256,
  MAX_LINES = 4096,
  /** Between the proxy and mlrun there may be a shell or two. */
  MAX_ANCESTORS = 8,
  ARGUMENTS_BYTES = 4096,
  PATH_BYTES = 32,
};

/** Names that `derived` knows. The `condor.` ones are lines of HTCondor's file, in this order. */
static const char *const CONDOR_LINES[] = {"ClusterId = ", "ProcId = ", "NumJobStarts = "};
static const char *const CONDOR_NAMES[] = {"condor.cluster", "condor.proc", "condor.starts"};
enum { CONDOR_COUNT = sizeof CONDOR_NAMES / sizeof CONDOR_NAMES[0] };
static const char PROXY[] = "hydra_pmi_proxy";
static const char CONTROL_PORT[] = "--control-port";

/** Reads the file in which HTCondor describes the job (_CONDOR_JOB_AD): `ClusterId = 12`, one a line. */
static void read_condor(char values[CONDOR_COUNT][VALUE_BYTES]) {
  const char *path = variable("_CONDOR_JOB_AD");
  // A FIFO in its place would hold up the command.
  int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
  if (file == NULL && fd >= 0) close(fd);
  if (file == NULL) return;
  char line[LINE_BYTES];
  for (int lines = 0; lines < MAX_LINES && fgets(line, sizeof line, file) != NULL; lines++) {
    for (int i = 0; i < CONDOR_COUNT; i++) {
      size_t bytes = strlen(CONDOR_LINES[i]);
      const char *number = line + bytes;
      if (strncmp(line, CONDOR_LINES[i], bytes) != 0 || *number < '0' || *number > '9') continue;
      snprintf(values[i], VALUE_BYTES, "%.*s", (int)strspn(number, "0123456789"), number);
    }
  }
  fclose(file);
}

/**
 * Reads `HOST:PORT` where MPICH's mpiexec listens for its proxies: the same on all nodes. False if this is no such
 * proxy.
 */
static bool read_control_port(pid_t pid, char value[VALUE_BYTES]) {
  char path[PATH_BYTES];
  char words[ARGUMENTS_BYTES];
  snprintf(path, sizeof path, "/proc/%d/cmdline", pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t bytes = fd < 0 ? -1 : read(fd, words, sizeof words - 1);
  if (fd >= 0) close(fd);
  if (bytes <= 0) return false;
  words[bytes] = '\0';
  const char *slash = strrchr(words, '/');
  if (strcmp(slash == NULL ? words : slash + 1, PROXY) != 0) return false;
  for (const char *word = words; word < words + bytes; word += strlen(word) + 1) {
    const char *next = word + strlen(word) + 1;
    if (strcmp(word, CONTROL_PORT) == 0 && next < words + bytes) snprintf(value, VALUE_BYTES, "%s", next);
  }
  return true;
}

static void read_hydra(char value[VALUE_BYTES]) {
  if (variable("PMI_RANK") == NULL || variable("HYDI_CONTROL_FD") == NULL) return;
  struct process_stat stat;
  pid_t pid = getppid();
  for (int i = 0; i < MAX_ANCESTORS && pid > 1 && !read_control_port(pid, value); i++)
    pid = read_process(pid, &stat) ? stat.parent : 0;
}

const char *derived(const char *name) {
  static bool is_read;
  static char condor[CONDOR_COUNT][VALUE_BYTES];
  static char hydra[VALUE_BYTES];
  if (!is_read) {
    read_condor(condor);
    read_hydra(hydra);
  }
  is_read = true;
  const char *value = "";
  for (int i = 0; i < CONDOR_COUNT; i++)
    if (strcmp(name, CONDOR_NAMES[i]) == 0) value = condor[i];
  if (strcmp(name, "hydra.port") == 0) value = hydra;
  return *value == '\0' ? NULL : value;
}
