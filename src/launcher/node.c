#include "environment.h"
#include "logger.h"
#include "paths.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/** The file next to this program: `node=PATH`, written when it was built or installed. */
static const char CONFIGURATION[] = "mlrun.conf";
/** The script compiled beforehand, if the set-up could do that, and the plain one. */
static const char *const SCRIPTS[] = {"mlrun-cached.cjs", "mlrun.cjs"};
static const char DEFAULT_NODE[] = "/usr/bin/node";
/** All variables that mlrun's script reads. Excludes those that could change how Node runs (NODE_*, LD_*). */
static const char *const KEPT_VARIABLES[] = {"HOME",            "XDG_CONFIG_HOME", "XDG_STATE_HOME",
                                             "MLRUN_SPOOL_DIR", "MLRUN_CONFIG",    "MLRUN_RUN_DIR"};
enum { KEPT_COUNT = sizeof KEPT_VARIABLES / sizeof KEPT_VARIABLES[0], MAX_ARGUMENTS = 16, STACK_BYTES = 8388608 };

/** Finds the interpreter known at build time: PATH belongs to the user. */
static void find_node(char node[static PATH_MAX], const char *folder) {
  char path[PATH_MAX];
  char line[PATH_MAX + sizeof "node="];
  snprintf(node, PATH_MAX, "%s", DEFAULT_NODE);
  if (!join_path(path, folder, CONFIGURATION)) return;
  FILE *file = fopen(path, "re");
  if (file == NULL) return;
  while (fgets(line, sizeof line, file) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    const char *path_given = line + strlen("node=");
    bool is_path = strncmp(line, "node=/", strlen("node=/")) == 0 && strlen(path_given) < PATH_MAX;
    if (is_path) strcpy(node, path_given);
  }
  fclose(file);
}

static bool find_script(char script[static PATH_MAX], const char *folder) {
  for (size_t i = 0; i < sizeof SCRIPTS / sizeof SCRIPTS[0]; i++) {
    if (join_path(script, folder, SCRIPTS[i]) && access(script, R_OK) == 0) return true;
    if (*script == '\0') errno = ENAMETOOLONG;
  }
  return false;
}

/** Raises limits to the maximum: Node needs more than a careful job allows itself. */
static void raise_limits(void) {
  static const int kinds[] = {RLIMIT_NOFILE, RLIMIT_AS, RLIMIT_DATA, RLIMIT_NPROC, RLIMIT_FSIZE, RLIMIT_CPU};
  struct rlimit limit;
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    if (getrlimit(kinds[i], &limit) != 0 || limit.rlim_cur == limit.rlim_max) continue;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(kinds[i], &limit);
  }
  if (getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur < STACK_BYTES) {
    limit.rlim_cur = limit.rlim_max < STACK_BYTES ? limit.rlim_max : STACK_BYTES;
    setrlimit(RLIMIT_STACK, &limit);
  }
  setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
}

static void reset_signals(void) {
  sigset_t none;
  for (int signal_number = 1; signal_number <= SIGRTMAX; signal_number++) signal(signal_number, SIG_DFL);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

/** Keeps entries of the environment, `NAME=value`, unchanged. */
static void keep_environment(char *kept[static KEPT_COUNT + 1]) {
  int count = 0;
  for (size_t i = 0; i < KEPT_COUNT; i++) {
    size_t bytes = strlen(KEPT_VARIABLES[i]);
    for (char **entry = environ; *entry != NULL; entry++) {
      if (strncmp(*entry, KEPT_VARIABLES[i], bytes) != 0 || (*entry)[bytes] != '=') continue;
      kept[count++] = *entry;
      break;
    }
  }
  kept[count] = NULL;
}

void exec_node(const char *folder, const char *const *arguments) {
  char node[PATH_MAX];
  char script[PATH_MAX];
  char *kept[KEPT_COUNT + 1];
  const char *words[MAX_ARGUMENTS + 3] = {node, script};
  find_node(node, folder);
  if (!find_script(script, folder)) return;
  for (int i = 0; i < MAX_ARGUMENTS && arguments[i] != NULL; i++) words[i + 2] = arguments[i];
  keep_environment(kept);
  raise_limits();
  reset_signals();
  prctl(PR_SET_PDEATHSIG, 0);
  umask(077);
  execve(node, (char *const *)words, kept);
}
