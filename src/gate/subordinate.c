#include "subordinate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char PATH[] = "/etc/subuid";

// Takes a number and its terminator; moves `at` past both.
static bool takeNumber(const char **at, const char *end, unsigned long *number) {
  const char *from = *at;
  *number = 0;
  while (*at < end && **at >= '0' && **at <= '9') {
    *number = *number * 10 + (unsigned long)(**at - '0');
    if (*number > (uid_t)-1) return false;
    *at += 1;
  }
  return *at > from;
}

// Parses NAME:FIRST:COUNT.
static bool parseLine(const char *line, const char *end, struct range *range) {
  const char *at = memchr(line, ':', (size_t)(end - line));
  unsigned long first;
  if (at == NULL) return false;
  at += 1;
  if (!takeNumber(&at, end, &first) || at == end || *at != ':') return false;
  at += 1;
  if (!takeNumber(&at, end, &range->count) || at != end) return false;
  range->first = (uid_t)first;
  return true;
}

void subordinatesParse(struct subordinates *subordinates, const char *text, size_t length) {
  const char *at = text, *end = text + length;
  subordinates->count = 0;
  while (at < end && subordinates->count < MAX_RANGES) {
    const char *lineEnd = memchr(at, '\n', (size_t)(end - at));
    if (lineEnd == NULL) lineEnd = end;
    if (parseLine(at, lineEnd, &subordinates->ranges[subordinates->count])) subordinates->count += 1;
    at = lineEnd + 1;
  }
}

static ssize_t readFile(const char *path, char *text, size_t room) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return -1;
  size_t length = 0;
  ssize_t got;
  while ((got = read(file, text + length, room - length)) > 0) length += (size_t)got;
  close(file);
  return got < 0 ? -1 : (ssize_t)length;
}

void subordinatesRead(struct subordinates *subordinates) {
  struct stat file;
  if (stat(PATH, &file) != 0) {
    // Other errors say nothing about the ranges, so the old ones stay.
    if (errno == ENOENT) subordinates->count = 0;
    return;
  }
  bool isSame = file.st_ino == subordinates->file && file.st_mtim.tv_sec == subordinates->changedAt.tv_sec &&
                file.st_mtim.tv_nsec == subordinates->changedAt.tv_nsec;
  if (isSame) return;
  char *text = malloc(MAX_SUBUID_BYTES);
  if (text == NULL) return;
  ssize_t length = readFile(PATH, text, MAX_SUBUID_BYTES);
  if (length >= 0) {
    subordinatesParse(subordinates, text, (size_t)length);
    subordinates->file = file.st_ino;
    subordinates->changedAt = file.st_mtim;
  }
  free(text);
}

uid_t subordinatesShareOf(const struct subordinates *subordinates, uid_t uid) {
  for (size_t i = 0; i < subordinates->count; i += 1) {
    const struct range *range = &subordinates->ranges[i];
    if (uid >= range->first && uid - range->first < range->count) return range->first;
  }
  return uid;
}
