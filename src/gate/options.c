#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "limits.h"

static const char HELP[] =
    "Usage: mlgate --listen PATH --lines PATH --begin PATH [OPTION]...\n"
    "\n"
    "Takes the lines of mlrun at one socket for everybody, and hands them to the node's rsyslogd with the user that\n"
    "the kernel names. Runs until it is stopped.\n"
    "\n"
    "  --listen PATH             socket for mlrun, mode 0666; not where systemd hands one over (LISTEN_FDS)\n"
    "  --lines PATH              rsyslogd's private socket for lines\n"
    "  --begin PATH              rsyslogd's private socket for BEGIN\n"
    "  --connections-per-user N  more are refused (%d)\n"
    "  --begins-per-second N     executions that a user begins (%d), and ten times as many at once; more wait\n"
    "  --rest-within-ms N        who sends half a BEGIN or half a frame and not the rest is ended (%d)\n"
    "  --metrics PATH            file for counters in Prometheus's text format, every %d s; SIGUSR1 prints them\n"
    "  --help, --version\n"
    "\n"
    "Exit codes: 0 ended by SIGTERM or SIGINT, 1 cannot work (the reason is on stderr), 2 wrong command line\n";

enum { LISTEN = 1, LINES, BEGIN, CONNECTIONS, BEGINS, REST, METRICS, SHOW_HELP, SHOW_VERSION };

static const struct option OPTIONS[] = {
    {"listen", required_argument, NULL, LISTEN},
    {"lines", required_argument, NULL, LINES},
    {"begin", required_argument, NULL, BEGIN},
    {"connections-per-user", required_argument, NULL, CONNECTIONS},
    {"begins-per-second", required_argument, NULL, BEGINS},
    {"rest-within-ms", required_argument, NULL, REST},
    {"metrics", required_argument, NULL, METRICS},
    {"help", no_argument, NULL, SHOW_HELP},
    {"version", no_argument, NULL, SHOW_VERSION},
    {NULL, 0, NULL, 0},
};

__attribute__((format(printf, 1, 2), noreturn)) static void wrong(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("mlgate: ", stderr);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fputs("; mlgate --help shows all\n", stderr);
  exit(2);
}

static const char *socketPath(const char *name, const char *path) {
  size_t most = sizeof((struct sockaddr_un *)NULL)->sun_path - 1;
  if (path == NULL || *path == '\0') wrong("Cannot start: --%s PATH is missing", name);
  if (strlen(path) > most) wrong("Cannot use --%s: its path has %zu octets, limit is %zu", name, strlen(path), most);
  return path;
}

static size_t readCount(const char *name, const char *text, size_t most) {
  char *end;
  errno = 0;
  unsigned long count = strtoul(text, &end, 10);
  if (errno != 0 || *end != '\0' || *text < '1' || *text > '9' || count > most) {
    wrong("Cannot use --%s %s: a number from 1 to %zu is needed", name, text, most);
  }
  return count;
}

struct options optionsRead(int count, char **words, bool hasSocket) {
  struct options options = {
      .connectionsPerUser = USER_CONNECTIONS,
      .beginsPerSecond = BEGINS_PER_SECOND,
      .restWithinMs = HALF_DONE_MS,
  };
  for (int option; (option = getopt_long(count, words, "", OPTIONS, NULL)) != -1;) {
    switch (option) {
      case LISTEN: options.listenPath = optarg; break;
      case LINES: options.linesPath = optarg; break;
      case BEGIN: options.beginPath = optarg; break;
      case CONNECTIONS: options.connectionsPerUser = readCount("connections-per-user", optarg, MAX_DESCRIPTORS); break;
      case BEGINS: options.beginsPerSecond = readCount("begins-per-second", optarg, MAX_BEGINS_PER_SECOND); break;
      case REST: options.restWithinMs = readCount("rest-within-ms", optarg, MAX_HALF_DONE_MS); break;
      case METRICS: options.metricsPath = optarg; break;
      case SHOW_HELP: printf(HELP, USER_CONNECTIONS, BEGINS_PER_SECOND, HALF_DONE_MS, REPORT_EVERY_MS / 1000); exit(EXIT_SUCCESS);
      case SHOW_VERSION: puts("mlgate " MARCOLOGGER_VERSION); exit(EXIT_SUCCESS);
      // getopt_long has already reported the mistake.
      default: exit(2);
    }
  }
  if (optind < count) wrong("Cannot use the argument %s", words[optind]);
  if (hasSocket && options.listenPath != NULL) wrong("Cannot use --listen: systemd has handed a socket over");
  if (!hasSocket) socketPath("listen", options.listenPath);
  socketPath("lines", options.linesPath);
  socketPath("begin", options.beginPath);
  return options;
}
