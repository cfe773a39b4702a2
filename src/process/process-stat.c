#include "process-stat.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 32, TEXT_BYTES = 1024 };
enum { STATE_FIELD = 3, PARENT_FIELD = 4, SESSION_FIELD = 6, USER_FIELD = 14, SYSTEM_FIELD = 15, START_FIELD = 22 };

/** Finds a field by its number, after the name, which may contain anything, even spaces and parentheses. */
static const char *field(const char *after_name, int number) {
  const char *at = after_name;
  for (int i = STATE_FIELD; at != NULL && i < number; i++) {
    at = strchr(at, ' ');
    if (at != NULL) at += 1;
  }
  return at == NULL ? "" : at;
}

/** Reads a file of a process. False if it is missing or empty. */
static bool read_file(char text[static TEXT_BYTES], const char *name, pid_t pid) {
  char path[PATH_BYTES];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t bytes = fd < 0 ? -1 : read(fd, text, TEXT_BYTES - 1);
  if (fd >= 0) close(fd);
  if (bytes <= 0) return false;
  text[bytes] = '\0';
  return true;
}

bool read_process(pid_t pid, struct process_stat *stat) {
  char text[TEXT_BYTES];
  if (!read_file(text, "stat", pid)) return false;
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

bool read_schedule(pid_t pid, struct process_schedule *schedule) {
  char text[TEXT_BYTES];
  unsigned long long ran_ns, waited_ns, slices;
  if (!read_file(text, "schedstat", pid) || sscanf(text, "%llu %llu %llu", &ran_ns, &waited_ns, &slices) != 3) return false;
  if (ran_ns == 0 && waited_ns == 0 && slices == 0) return false;
  *schedule = (struct process_schedule){ran_ns / 1000, waited_ns / 1000};
  return true;
}
