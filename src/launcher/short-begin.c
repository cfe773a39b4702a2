#include "short-begin.h"
#include "ids.h"
#include "labels.h"
#include "options.h"
#include "secrets.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
  /** BEGIN's limit (`RUN_LIMITS`), and those of its words, folder and user (`WIRE_LIMITS`), here in octets: the logger cuts. */
  MAX_BEGIN_BYTES = 7000,
  MAX_ARGV_ELEMENTS = 256,
  MAX_ARGV_CHARACTERS = 4096,
  MAX_CWD_CHARACTERS = 1024,
  MAX_USER_CHARACTERS = 126,
  /** Digits of MAX_SAFE_INTEGER. */
  MAX_DIGITS = 16,
};
/** JavaScript represents all integers up to this one exactly. */
static const unsigned long long MAX_SAFE_INTEGER = 9007199254740991;

/** Fields that are members of BEGIN, or change neither it nor the frames that `short-frames.c` writes. */
static const char *const KNOWN[] = {
    "x",      "key",  "job",       "run",       "parent",          "within-stdout", "within-stderr",
    "user",   "node", "pid",       "cwd",       "started-us",      "run-dir",       "raw",
    "label",  "arg",  "MLRUN_ID",  "HOME",      "MLRUN_SPOOL_DIR", "MLRUN_CONFIG",  "XDG_STATE_HOME",
    "timeout-ms", "stop-file", "restarts", "SLURM_STEP_ID",
};

static bool is_named(const char *field, const char *name) {
  size_t bytes = strlen(name);
  return strncmp(field, name, bytes) == 0 && field[bytes] == '=';
}

static bool is_known(const char *field) {
  for (size_t i = 0; i < sizeof KNOWN / sizeof KNOWN[0]; i++)
    if (is_named(field, KNOWN[i])) return true;
  size_t at = 0;
  const char *variable = label_variable(at);
  while (variable != NULL && !is_named(field, variable)) variable = label_variable(++at);
  return variable != NULL;
}

static bool are_known(const struct fields *fields) {
  const char *end = fields->bytes + fields->length;
  for (const char *at = fields->bytes; at < end; at += strlen(at) + 1)
    if (!is_known(at)) return false;
  return !fields->is_cut && fields->length > 0;
}

static void put_value(struct text *text, const char *value) {
  put_json(text, value, strlen(value));
}

/** @param value NULL: refused, or left out if the member is optional. */
static void put_member(struct text *text, const char *name, const char *value, bool is_optional) {
  if (value == NULL) {
    text->is_refused |= !is_optional;
    return;
  }
  put(text, ",\"");
  put(text, name);
  put(text, "\":");
  put_value(text, value);
}

static void put_words(struct text *text, const struct fields *fields) {
  size_t characters = 0;
  int count = 0;
  put(text, ",\"argv\":[");
  for (const char *word = next_field(fields, "arg", NULL); word != NULL; word = next_field(fields, "arg", word)) {
    if (count > 0) put(text, ",");
    // The command's own name is never masked.
    text->is_refused |= count > 0 && may_be_secret(word);
    put_value(text, word);
    characters += strlen(word);
    count += 1;
  }
  put(text, "]");
  text->is_refused |= count == 0 || count > MAX_ARGV_ELEMENTS || characters > MAX_ARGV_CHARACTERS;
}

/** Whether JavaScript keeps this key in its place: one that looks like a number comes first in an object. */
static bool is_plain_key(const char *label, size_t bytes) {
  for (size_t i = 0; i < bytes; i++)
    if (!isalpha((unsigned char)label[i]) && (i == 0 || strchr("0123456789._-", label[i]) == NULL)) return false;
  return bytes > 0;
}

static void put_label(struct text *text, int index, const char *key, size_t key_bytes, const char *value) {
  if (index > 0) put(text, ",");
  put_json(text, key, key_bytes);
  put(text, ":");
  put_value(text, value);
}

/** Whether a label of that key was asked for. @param until Looks only before this one; NULL: at all. */
static bool is_asked(const struct fields *fields, const char *key, size_t key_bytes, const char *until) {
  const char *label = next_field(fields, "label", NULL);
  while (label != until && (strncmp(label, key, key_bytes) != 0 || label[key_bytes] != '='))
    label = next_field(fields, "label", label);
  return label != until;
}

/** Writes labels of the command line first: they win. */
static void put_labels(struct text *text, const struct fields *fields) {
  struct label inherited[MAX_INHERITED_LABELS];
  int inherited_count = inherit_labels(fields, inherited);
  int count = 0;
  put(text, ",\"labels\":{");
  text->is_refused |= inherited_count < 0;
  for (const char *label = next_field(fields, "label", NULL); label != NULL; count++) {
    size_t key_bytes = strcspn(label, "=");
    bool is_plain = is_plain_key(label, key_bytes) && label[key_bytes] == '=' && !is_asked(fields, label, key_bytes, label);
    if (!is_plain) text->is_refused = true;
    if (text->is_refused) return;
    put_label(text, count, label, key_bytes, label + key_bytes + 1);
    label = next_field(fields, "label", label);
  }
  for (int i = 0; i < inherited_count; i++) {
    const struct label *label = &inherited[i];
    if (is_asked(fields, label->name, strlen(label->name), NULL)) continue;
    put_label(text, count++, label->name, strlen(label->name), label->value);
  }
  put(text, "}");
  text->is_refused |= count > MAX_LABELS;
}

/** `isUnixName`, for names in ASCII. */
static bool is_user(const char *name) {
  size_t bytes = strlen(name);
  if (bytes == 0 || bytes > MAX_USER_CHARACTERS || name[bytes - 1] == ' ') return false;
  for (size_t i = 0; i < bytes; i++)
    if (!isalnum((unsigned char)name[i]) && name[i] != '_' && (i == 0 || strchr(".@+\\ $-", name[i]) == NULL)) return false;
  return true;
}

static bool is_stream(const char *name) {
  return name == NULL || strcmp(name, "stdout") == 0 || strcmp(name, "stderr") == 0;
}

static void put_within(struct text *text, const char *out, const char *err) {
  if (out == NULL && err == NULL) return;
  text->is_refused |= !is_stream(out) || !is_stream(err);
  put(text, ",\"within\":{");
  if (out != NULL) put(text, "\"stdout\":");
  if (out != NULL) put_value(text, out);
  if (out != NULL && err != NULL) put(text, ",");
  if (err != NULL) put(text, "\"stderr\":");
  if (err != NULL) put_value(text, err);
  put(text, "}");
}

/** Writes members that mlrun never writes malformed. The logger leaves out malformed ones; here they are refused. */
static void put_launch(struct text *text, const struct fields *fields) {
  const char *run = next_field(fields, "run", NULL);
  const char *parent = next_field(fields, "parent", NULL);
  const char *user = next_field(fields, "user", NULL);
  text->is_refused |= run != NULL && !is_run_id(run);
  text->is_refused |= parent != NULL && !is_execution_id(parent);
  text->is_refused |= user != NULL && !is_user(user);
  put_member(text, "run", run, true);
  put_member(text, "parent", parent, true);
  put_within(text, next_field(fields, "within-stdout", NULL), next_field(fields, "within-stderr", NULL));
  put_member(text, "user", user, true);
}

static bool is_number(const char *digits) {
  size_t bytes = digits == NULL ? 0 : strlen(digits);
  bool is_decimal = bytes > 0 && bytes <= MAX_DIGITS && strspn(digits, "0123456789") == bytes;
  return is_decimal && strtoull(digits, NULL, 10) <= MAX_SAFE_INTEGER;
}

/** Whether a node's name or a key has only characters that a frame's head may hold. */
static bool is_plain_name(const char *name) {
  size_t bytes = name == NULL ? 0 : strlen(name);
  for (size_t i = 0; i < bytes; i++)
    if (!isalnum((unsigned char)name[i]) && strchr("_.-", name[i]) == NULL) return false;
  return bytes > 0;
}

static void put_json_of(struct text *text, const struct fields *fields) {
  const char *cwd = next_field(fields, "cwd", NULL);
  const char *started = next_field(fields, "started-us", NULL);
  const char *pid = next_field(fields, "pid", NULL);
  const char *node = next_field(fields, "node", NULL);
  const char *key = next_field(fields, "key", NULL);
  const char *x = next_field(fields, "x", NULL);
  text->is_refused |= cwd == NULL || strlen(cwd) > MAX_CWD_CHARACTERS;
  text->is_refused |= !is_number(started) || !is_number(pid) || x == NULL || !is_execution_id(x);
  text->is_refused |= !is_plain_name(node) || !is_plain_name(key) || next_field(fields, "run-dir", NULL) == NULL;
  if (text->is_refused) return;
  put(text, "{\"v\":1");
  put_member(text, "x", x, false);
  put_member(text, "k", key, false);
  put_member(text, "job", next_field(fields, "job", NULL), false);
  put_words(text, fields);
  put_member(text, "cwd", cwd, false);
  put_labels(text, fields);
  put(text, ",\"startedAt\":\"");
  put_time(text, strtoull(started, NULL, 10));
  put(text, "\"");
  put_member(text, "node", node, false);
  put(text, ",\"pid\":");
  put_number(text, strtoull(pid, NULL, 10));
  put_launch(text, fields);
  put(text, "}");
}

void put_begin(struct text *text, const struct fields *fields) {
  char bytes[MAX_BEGIN_BYTES];
  struct text json = {.bytes = bytes, .room = sizeof bytes, .is_refused = !are_known(fields)};
  if (!json.is_refused) put_json_of(&json, fields);
  text->is_refused |= json.is_refused;
  if (text->is_refused) return;
  put(text, "B ");
  put(text, next_field(fields, "x", NULL));
  put(text, " ");
  put(text, next_field(fields, "key", NULL));
  put(text, " ");
  put_number(text, json.length);
  put(text, "\n");
  put_bytes(text, bytes, json.length);
}
