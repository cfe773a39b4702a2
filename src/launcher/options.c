#include "options.h"
#include "durations.h"
#include "ids.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** The longest part of a word that a message repeats. */
enum { MAX_QUOTED_BYTES = 200 };

struct parser {
  struct options *options;
  char *error;
};

typedef bool take_value(struct parser *parser, const char *value);

static bool fail(struct parser *parser, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool fail(struct parser *parser, const char *format, ...) {
  va_list values;
  va_start(values, format);
  vsnprintf(parser->error, MAX_MESSAGE_BYTES, format, values);
  va_end(values);
  return false;
}

unsigned long count_characters(const char *text) {
  unsigned long count = 0;
  for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
    if (*at < 0x80 || *at >= 0xc0) count += 1;
    if (*at >= 0xf0) count += 1;
  }
  return count;
}

static bool take_job(struct parser *parser, const char *value) {
  if (*value == '\0' || count_characters(value) > MAX_JOB_CHARACTERS)
    return fail(parser, "--job takes 1 to %d characters", MAX_JOB_CHARACTERS);
  parser->options->job = value;
  return true;
}

static bool take_id(struct parser *parser, const char *value) {
  if (!is_execution_id(value))
    return fail(parser, "--id takes a ULID (26 characters, upper case), not \"%.*s\"", MAX_QUOTED_BYTES, value);
  parser->options->id = value;
  return true;
}

static bool take_run(struct parser *parser, const char *value) {
  if (!is_run_id(value))
    return fail(parser, "--run takes 1 to %d letters, digits and . _ : @ + = , / [ ] -, first a letter or digit",
                MAX_RUN_CHARACTERS);
  parser->options->run = value;
  return true;
}

static bool take_timeout(struct parser *parser, const char *value) {
  bool is_known = parse_duration(value, &parser->options->timeout_ms);
  return is_known || fail(parser, "--timeout takes a duration like 90s, 1h30m or 2d, not \"%.*s\"", MAX_QUOTED_BYTES, value);
}

static bool take_kill_after(struct parser *parser, const char *value) {
  bool is_known = parse_duration(value, &parser->options->kill_after_ms);
  return is_known || fail(parser, "--kill-after takes a duration like 10s or 1m, not \"%.*s\"", MAX_QUOTED_BYTES, value);
}

static bool take_notify(struct parser *parser, const char *value) {
  bool is_web = strncmp(value, "https://", strlen("https://")) == 0 || strncmp(value, "http://", strlen("http://")) == 0;
  bool fits = is_web && strlen(value) <= MAX_URL_BYTES;
  for (const char *at = value; *at != '\0'; at++) fits = fits && *at > ' ' && *at < 0x7f;
  if (!fits) return fail(parser, "--notify takes a http:// or https:// URL of at most %d bytes", MAX_URL_BYTES);
  parser->options->notify_url = value;
  return true;
}

static bool take_run_dir(struct parser *parser, const char *value) {
  parser->options->run_dir = value;
  return true;
}

static bool take_order_fd(struct parser *parser, const char *value) {
  bool is_number = *value >= '0' && *value <= '9' && value[1] == '\0';
  if (!is_number) return fail(parser, "--order-fd takes a descriptor of 0 to 9");
  parser->options->order_fd = *value - '0';
  return true;
}

static bool take_late(struct parser *parser, const char *value) {
  char *end = NULL;
  long seconds = strtol(value, &end, 10);
  bool is_number = *value >= '0' && *value <= '9' && *end == '\0';
  if (!is_number || seconds > MAX_LATE_SECONDS)
    return fail(parser, "--late takes 0 to %d seconds", MAX_LATE_SECONDS);
  parser->options->late_seconds = (int)seconds;
  return true;
}

/** Octets of the labels as JSON, if nothing needs an escape. */
static size_t label_bytes(const struct options *options) {
  size_t bytes = strlen("{}");
  for (int i = 0; i < options->label_count; i++) bytes += strlen(options->labels[i]) + strlen("\"\":\"\",") - 1;
  return bytes;
}

static bool take_label(struct parser *parser, const char *value) {
  struct options *options = parser->options;
  const char *equals = strchr(value, '=');
  if (equals == NULL)
    return fail(parser, "--label takes KEY=VALUE, not \"%.*s\"", MAX_QUOTED_BYTES, value);
  size_t key_bytes = (size_t)(equals - value);
  unsigned long value_characters = count_characters(equals + 1);
  unsigned long key_characters = count_characters(value) - value_characters - 1;
  bool is_proto = key_bytes == strlen("__proto__") && memcmp(value, "__proto__", key_bytes) == 0;
  bool fits = key_bytes > 0 && key_characters <= MAX_LABEL_KEY_CHARACTERS && value_characters <= MAX_LABEL_VALUE_CHARACTERS;
  if (!fits || is_proto)
    return fail(parser, "--label takes a key of 1 to %d and a value of at most %d characters", MAX_LABEL_KEY_CHARACTERS,
                MAX_LABEL_VALUE_CHARACTERS);
  int at = 0;
  while (at < options->label_count && strncmp(options->labels[at], value, key_bytes + 1) != 0) at += 1;
  if (at == MAX_LABELS) return fail(parser, "at most %d labels", MAX_LABELS);
  options->labels[at] = value;
  if (at == options->label_count) options->label_count += 1;
  if (label_bytes(options) > MAX_LABEL_BYTES)
    return fail(parser, "--label takes at most %d bytes in all", MAX_LABEL_BYTES);
  return true;
}

static bool *flag_named(struct options *options, const char *word) {
  if (strcmp(word, "--quiet") == 0) return &options->quiet;
  if (strcmp(word, "--raw") == 0) return &options->raw;
  if (strcmp(word, "--one-line-frames") == 0) return &options->one_line_frames;
  if (strcmp(word, "--pty") == 0) return &options->pty;
  if (strcmp(word, "--merge") == 0) return &options->merge;
  if (strcmp(word, "--buffered") == 0) return &options->buffered;
  if (strcmp(word, "--hide-argv") == 0) return &options->hide_argv;
  if (strcmp(word, "--stdin") == 0) return &options->reads_stdin;
  return NULL;
}

static bool take_flag(struct options *options, const char *word) {
  bool *flag = flag_named(options, word);
  if (flag != NULL) *flag = true;
  else if (strcmp(word, "--flush") == 0) options->action = ACTION_FLUSH;
  else if (strcmp(word, "--doctor") == 0) options->action = ACTION_DOCTOR;
  else if (strcmp(word, "--help") == 0) options->action = ACTION_HELP;
  else if (strcmp(word, "--version") == 0) options->action = ACTION_VERSION;
  else return false;
  return true;
}

static take_value *value_named(const char *word, size_t bytes) {
  static const struct {
    const char *name;
    take_value *take;
  } values[] = {{"--job", take_job},         {"--label", take_label}, {"--id", take_id},
                {"--run-dir", take_run_dir}, {"--late", take_late},   {"--run", take_run},
                {"--timeout", take_timeout}, {"--notify", take_notify}, {"--kill-after", take_kill_after},
                {"--order-fd", take_order_fd}};
  for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
    if (strlen(values[i].name) == bytes && memcmp(values[i].name, word, bytes) == 0) return values[i].take;
  return NULL;
}

/** Takes one option, and the next word if that is its value. */
static bool take_option(struct parser *parser, char ***words) {
  const char *word = *(*words)++;
  if (take_flag(parser->options, word)) return true;
  const char *equals = strchr(word, '=');
  size_t bytes = equals == NULL ? strlen(word) : (size_t)(equals - word);
  take_value *take = value_named(word, bytes);
  if (take != NULL) {
    const char *value = equals == NULL ? **words : equals + 1;
    if (value == NULL) return fail(parser, "%s takes a value", word);
    if (equals == NULL) *words += 1;
    return take(parser, value);
  }
  char name[MAX_QUOTED_BYTES];
  snprintf(name, sizeof name, "%.*s", (int)(bytes < sizeof name ? bytes : sizeof name - 1), word);
  struct options unused = {0};
  return fail(parser, take_flag(&unused, name) ? "%s takes no value" : "unknown option %s", name);
}

/** Checks options that depend on each other. */
static bool check_together(struct parser *parser) {
  const struct options *options = parser->options;
  bool has_command = *options->command != NULL;
  bool runs = options->action == ACTION_RUN;
  bool is_ordered = options->order_fd >= 0;
  if (is_ordered && (!runs || has_command || options->reads_stdin || options->pty))
    return fail(parser, "--order-fd takes no command: the order has one");
  if (runs && options->reads_stdin && has_command) return fail(parser, "--stdin takes no command");
  if (runs && !options->reads_stdin && !has_command && !is_ordered) return fail(parser, "no command after --");
  if (options->action == ACTION_FLUSH && has_command) return fail(parser, "--flush takes no command");
  if (options->action == ACTION_DOCTOR && has_command) return fail(parser, "--doctor takes no command");
  if (options->pty && options->merge) return fail(parser, "--pty and --merge: a terminal is one stream already");
  if (options->pty && options->reads_stdin) return fail(parser, "--pty and --stdin: there is no command for a terminal");
  if (options->kill_after_ms > 0 && options->timeout_ms == 0) return fail(parser, "--kill-after needs --timeout");
  return true;
}

bool parse_options(char **words, struct options *options, char error[static MAX_MESSAGE_BYTES]) {
  static char *no_command[] = {NULL};
  struct parser parser = {options, error};
  *options = (struct options){.action = ACTION_RUN, .command = no_command, .late_seconds = DEFAULT_LATE_SECONDS, .order_fd = -1};
  while (*words != NULL && strcmp(*words, "--") != 0) {
    if (strncmp(*words, "--", 2) != 0)
      return fail(&parser, "unexpected \"%.*s\"; the command goes after --", MAX_QUOTED_BYTES, *words);
    if (!take_option(&parser, &words)) return false;
  }
  if (*words != NULL) options->command = words + 1;
  return check_together(&parser);
}
