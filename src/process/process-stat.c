#include "process-stat.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 32, TEXT_BYTES = 1024 };
enum { STATE_FIELD = 3, PARENT_FIELD = 4, SESSION_FIELD = 6, USER_FIELD = 14, SYSTEM_FIELD = 15, START_FIELD = 22 };

/** The field of that number, searched after the name, which may contain anything, even spaces and parentheses. */
static const char *field(const char *after_name, int number) {
  const char *at = after_name;
  for (int i = STATE_FIELD; at != NULL && i < number; i++) {
    at = strchr(at, ' ');
    if (at != NULL) at += 1;
  }
  return at == NULL ? "" : at;
}

bool read_process(pid_t pid, struct process_stat *stat) {
  char path[PATH_BYTES];
  char text[TEXT_BYTES];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t bytes = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
  if (fd >= 0) close(fd);
  if (bytes <= 0) return false;
  text[bytes] = '\0';
  const char *name_end = strrchr(text, ')');
  if (name_end == NULL || name_end[1] == '\0') return false;
  const char *rest = name_end + 2;
  stat->state = *rest;
  stat->parent = (pid_t)strtol(field(rest, PARENT_FIELD), NULL, 10);
  stat->session = (pid_t)strtol(field(rest, SESSION_FIELD), NULL, 10);
  stat->cpu_ticks = strtoull(field(rest, USER_FIELD), NULL, 10) + strtoull(field(rest, SYSTEM_FIELD), NULL, 10);
  stat->start_ticks = strtoull(field(rest, START_FIELD), NULL, 10);
  return true;
}
