#include "order.h"
#include "ids.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** A fleet's messages have at most 192 KiB; escapes only make them shorter here. */
enum { MAX_ORDER_BYTES = 262144, MAX_ORDER_WORDS = 4096, MAX_ORDER_VARIABLES = 256 };

struct order {
  struct options *options;
  const char *cwd;
  char *words[MAX_ORDER_WORDS + 1];
  int word_count;
  char *variables[MAX_ORDER_VARIABLES + 1];
  int variable_count;
  bool is_whole;
};

static bool fail(char *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool fail(char *error, const char *format, ...) {
  va_list values;
  va_start(values, format);
  vsnprintf(error, MAX_MESSAGE_BYTES, format, values);
  va_end(values);
  return false;
}

static bool take_number(const char *value, uint64_t *number) {
  char *end = NULL;
  errno = 0;
  *number = strtoull(value, &end, 10);
  return *value >= '0' && *value <= '9' && *end == '\0' && errno == 0;
}

static bool add_word(char **words, int *count, int most, char *word) {
  if (*count == most) return false;
  words[(*count)++] = word;
  return true;
}

static bool take_field(struct order *order, const char *name, char *value) {
  struct options *options = order->options;
  if (strcmp(name, "arg") == 0) return add_word(order->words, &order->word_count, MAX_ORDER_WORDS, value);
  if (strcmp(name, "env") == 0)
    return strchr(value, '=') > value && add_word(order->variables, &order->variable_count, MAX_ORDER_VARIABLES, value);
  if (strcmp(name, "timeout-ms") == 0) return take_number(value, &options->timeout_ms);
  if (strcmp(name, "kill-after-ms") == 0) return take_number(value, &options->kill_after_ms);
  if (strcmp(name, "end") == 0) return (order->is_whole = true);
  if (strcmp(name, "id") == 0 && is_execution_id(value)) options->id = value;
  else if (strcmp(name, "run") == 0 && is_run_id(value)) options->run = value;
  else if (strcmp(name, "job") == 0 && *value != '\0' && count_characters(value) <= MAX_JOB_CHARACTERS) options->job = value;
  else if (strcmp(name, "cwd") == 0) order->cwd = value;
  else if (strcmp(name, "run-dir") == 0) options->run_dir = value;
  else if (strcmp(name, "stop-file") == 0) options->stop_file = value;
  else return false;
  return true;
}

static bool parse(struct order *order, char *bytes, const char *end, char *error) {
  for (char *at = bytes; at < end; at += strlen(at) + 1) {
    char *next = at + strlen(at);
    char *equals = strchr(at, '=');
    if (next == end || order->is_whole || equals == NULL) return fail(error, "the order is cut or damaged");
    *equals = '\0';
    bool is_taken = take_field(order, at, equals + 1);
    if (!is_taken) return fail(error, "the order has a field that is not understood: %.40s", at);
    at = equals + 1;
  }
  if (!order->is_whole || order->options->id == NULL || order->word_count == 0)
    return fail(error, "the order is cut or damaged");
  return true;
}

/** @return Octets, or -1 with errno. */
static ssize_t read_all(int fd, char *bytes, size_t room) {
  size_t count = 0;
  for (;;) {
    ssize_t got = read(fd, bytes + count, room - count);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) return (ssize_t)count;
    count += (size_t)got;
    if (count == room) {
      errno = EFBIG;
      return -1;
    }
  }
}

static bool replace_by_null(int fd) {
  int null = open("/dev/null", O_RDONLY);
  if (null < 0 || null == fd) return null == fd;
  bool is_done = dup2(null, fd) == fd;
  close(null);
  return is_done;
}

/** Enters an order's folder, relative to the user's home: `~`, `~/x`, `x` and none at all. */
static bool enter(const char *cwd, char *error) {
  const char *home = getenv("HOME");
  const char *from_home = cwd[0] == '~' && (cwd[1] == '/' || cwd[1] == '\0') ? cwd + 1 : cwd;
  if (*cwd != '/' && (home == NULL || chdir(home) != 0))
    return fail(error, "Cannot enter %.300s: %s", home == NULL ? "the home" : home, strerror(home == NULL ? ENOENT : errno));
  while (from_home != cwd && *from_home == '/') from_home += 1;
  if (*from_home == '\0' || chdir(from_home) == 0) return true;
  return fail(error, "Cannot enter %.300s: %s", cwd, strerror(errno));
}

bool take_order(struct options *options, char error[static MAX_MESSAGE_BYTES]) {
  // All texts of the options point into these bytes.
  static char bytes[MAX_ORDER_BYTES];
  static struct order order;
  order.options = options;
  ssize_t count = read_all(options->order_fd, bytes, sizeof bytes);
  if (count < 0 || !replace_by_null(options->order_fd)) return fail(error, "Cannot read the order: %s", strerror(errno));
  if (!parse(&order, bytes, bytes + count, error)) return false;
  options->command = order.words;
  options->variables = order.variables;
  options->quiet = true;
  return enter(order.cwd == NULL ? "" : order.cwd, error);
}
