#include "names.h"
#include "environment.h"
#include "ids.h"
#include "paths.h"
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIPE_BYTES = 48 };
static const char *const STREAM_NAMES[] = {"stdout", "stderr"};

/** Writes `DEVICE:INODE`, or nothing. */
static void write_place(char place[static PIPE_BYTES], int fd) {
  struct stat seen;
  *place = '\0';
  if (fd < 0 || fstat(fd, &seen) != 0) return;
  snprintf(place, PIPE_BYTES, "%llu:%llu", (unsigned long long)seen.st_dev, (unsigned long long)seen.st_ino);
}

void write_pipes(char *text, unsigned long bytes, const int fds[static 2]) {
  char places[2][PIPE_BYTES];
  for (int i = 0; i < 2; i++) write_place(places[i], fds[i]);
  snprintf(text, bytes, "%s %s", places[0], places[1]);
}

/** Name of the parent's stream that this descriptor is, or NULL. */
static const char *stream_of_parent(int fd) {
  char place[PIPE_BYTES];
  const char *pipes = variable("MLRUN_PIPES");
  write_place(place, fd);
  const char *space = pipes == NULL ? NULL : strchr(pipes, ' ');
  if (space == NULL || *place == '\0') return NULL;
  size_t bytes = strlen(place);
  if ((size_t)(space - pipes) == bytes && strncmp(pipes, place, bytes) == 0) return STREAM_NAMES[0];
  return strcmp(space + 1, place) == 0 ? STREAM_NAMES[1] : NULL;
}

static void find_within(struct names *names, const struct options *options, const bool were_closed[static 3]) {
  bool is_merged = options->merge || options->pty || options->reads_stdin;
  for (int i = 0; i < 2; i++) {
    bool is_shown = !options->quiet && !were_closed[i + 1] && (i == 0 || !is_merged);
    names->within[i] = is_shown ? stream_of_parent(i + 1) : NULL;
  }
}

/** The id of a run from outside. NULL if there is none, or if it may not name one. */
static const char *usable_run(const char *text) {
  return text != NULL && is_run_id(text) ? text : NULL;
}

void find_names(struct names *names, const struct options *options, const char *x, const bool were_closed[static 3]) {
  struct surroundings now;
  char node[HOST_NAME_MAX + 1];
  *names = (struct names){0};
  find_surroundings(&now);
  names->restarts = now.restarts;
  names->has_foreign_array = now.has_foreign_array;
  node_name(node);
  snprintf(names->seen, sizeof names->seen, "%s %s %s", node, now.scheduler, now.array);
  const char *before = variable("MLRUN_SEEN");
  const char *space = before == NULL ? NULL : strchr(before, ' ');
  size_t seen_bytes = space == NULL ? 0 : strcspn(space + 1, " ");
  bool is_same = space != NULL && seen_bytes == strlen(now.scheduler) && strncmp(space + 1, now.scheduler, seen_bytes) == 0;
  bool is_submitted = space != NULL && *now.scheduler != '\0' && !is_same;
  bool is_here = space != NULL && (size_t)(space - before) == strlen(node) && strncmp(before, node, strlen(node)) == 0;
  const char *job = is_submitted ? NULL : variable("MLRUN_JOB");
  const char *run = is_submitted ? NULL : usable_run(variable("MLRUN_RUN"));
  const char *around = *now.job == '\0' ? x : now.job;
  write_job(names->job, options->job != NULL ? options->job : job != NULL ? job : around);
  snprintf(names->run, sizeof names->run, "%s", options->run != NULL ? options->run : run != NULL ? run : now.run);
  const char *parent = variable("MLRUN_ID");
  if (parent == NULL || !is_execution_id(parent) || !is_here || is_submitted) return;
  strcpy(names->parent, parent);
  find_within(names, options, were_closed);
}
