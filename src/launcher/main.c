#include "begin.h"
#include "console.h"
#include "descriptors.h"
#include "environment.h"
#include "help.h"
#include "identity.h"
#include "launcher.h"
#include "order.h"
#include "paths.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** `--doctor` found something wrong. */
enum { DOCTOR_FOUND = 1 };

static int print(const char *text) {
  // If nobody reads the text, there is nothing else to do.
  return write(STDOUT_FILENO, text, strlen(text)) < 0 ? OWN_ERROR : 0;
}

/** Becomes Node, for actions that only Node can do. */
static int act_in_node(const char *action, const struct options *options) {
  char folder[PATH_MAX];
  char cwd[PATH_MAX];
  if (getcwd(cwd, sizeof cwd) == NULL) *cwd = '\0';
  own_folder(folder, cwd);
  const char *run_dir[] = {action, "--run-dir", options->run_dir, NULL};
  const char *usual[] = {action, NULL};
  exec_node(folder, options->run_dir == NULL ? usual : run_dir);
  if (options->action != ACTION_DOCTOR) {
    warn(STDERR_FILENO, "Cannot start Node: %s", strerror(errno));
    return OWN_ERROR;
  }
  printf("wrong    Node           Cannot start it: %s\n"
         "         mend: install Node 20.19 or newer, and name it in %s/mlrun.conf: node=/usr/bin/node\n",
         strerror(errno), folder);
  return DOCTOR_FOUND;
}

static int run(struct options *options, const bool were_closed[static 3]) {
  static char *stdin_words[] = {"mlrun", "--stdin", NULL};
  static struct execution execution;
  static struct names names;
  struct identity identity;
  if (options->reads_stdin) options->command = stdin_words;
  struct command command = {
      .mlrun = getpid(), .argv = options->command, .outputs = {-1, -1}, .console = -1, .terminal = NO_TERMINAL};
  command.copies_stdin = options->reads_stdin;
  memcpy(command.were_closed, were_closed, sizeof command.were_closed);
  make_identity(&identity, options->id);
  find_names(&names, options, identity.x, were_closed);
  describe_execution(&execution, options, &identity, &names);
  command.environment = command_environment(identity.x, &names, options);
  return launch(&command, options, &execution);
}

int main(int count, char **words) {
  bool were_closed[3];
  struct options options;
  char error[MAX_MESSAGE_BYTES];
  occupy_standard(were_closed);
  if (!parse_options(words + (count > 0), &options, error)) {
    warn(STDERR_FILENO, "%s\nmlrun --help lists the options.", error);
    return OWN_ERROR;
  }
  if (options.order_fd >= 0 && !take_order(&options, error)) {
    warn(STDERR_FILENO, "%s", error);
    return OWN_ERROR;
  }
  switch (options.action) {
    case ACTION_HELP:
      return print(HELP);
    case ACTION_VERSION:
      return print("mlrun " MARCOLOGGER_VERSION "\n");
    case ACTION_FLUSH:
      return act_in_node("--flush", &options);
    case ACTION_DOCTOR:
      return act_in_node("--doctor", &options);
    case ACTION_RUN:
      break;
  }
  return run(&options, were_closed);
}
