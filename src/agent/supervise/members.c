#include "members.h"
#include "../../process/process-stat.h"
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
  PATH_BYTES = 64,
  /** SIGKILLs for each child, after one for each process that was found: some milliseconds. */
  ROUNDS = 256,
  CHILDREN_BYTES = 4096,
};

struct process {
  pid_t pid;
  pid_t parent;
  pid_t session;
  bool has_ended;
  bool is_below;
  bool is_spared;
};

struct processes {
  struct process *all;
  size_t count;
};

static bool find_process(pid_t pid, struct process *process) {
  struct process_stat stat;
  if (!read_process(pid, &stat)) return false;
  *process = (struct process){.pid = pid, .parent = stat.parent, .session = stat.session};
  process->has_ended = stat.state == 'Z' || stat.state == 'X';
  return true;
}

static struct processes read_processes(void) {
  struct processes found = {0};
  size_t room = 0;
  DIR *folder = opendir("/proc");
  if (folder == NULL) return found;
  for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
    pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
    if (found.count == room) {
      room = room == 0 ? 512 : 2 * room;
      struct process *more = realloc(found.all, room * sizeof *more);
      if (more == NULL) break;
      found.all = more;
    }
    if (pid > 0 && find_process(pid, &found.all[found.count])) found.count += 1;
  }
  closedir(folder);
  return found;
}

static struct process *find(const struct processes *processes, pid_t pid) {
  for (size_t i = 0; i < processes->count; i++)
    if (processes->all[i].pid == pid) return &processes->all[i];
  return NULL;
}

/** Marks the next generation. */
static bool mark_children(struct processes *processes) {
  bool is_more = false;
  for (size_t i = 0; i < processes->count; i++) {
    struct process *process = &processes->all[i];
    if (process->is_below) continue;
    const struct process *parent = find(processes, process->parent);
    bool is_child = process->parent == getpid() || (parent != NULL && parent->is_below);
    process->is_below = is_child;
    is_more = is_more || is_child;
  }
  return is_more;
}

static bool runs(pid_t pid, const char *program) {
  char path[PATH_BYTES];
  char target[PATH_MAX];
  snprintf(path, sizeof path, "/proc/%d/exe", pid);
  ssize_t bytes = readlink(path, target, sizeof target - 1);
  if (bytes < 0) return false;
  target[bytes] = '\0';
  return strcmp(target, program) == 0;
}

/** mlrun's pump leads a session of its own, and its logger is in it. When mlrun ends, this process gets it, or process 1. */
static bool is_pump(const struct process *process, const struct members *members) {
  bool is_own = process->parent == members->mlrun || process->parent == (members->are_of_cgroup ? 1 : getpid());
  return is_own && process->session == process->pid && process->pid != members->mlrun &&
         runs(process->pid, members->program);
}

static void spare(struct processes *processes, const struct members *members) {
  for (size_t i = 0; i < processes->count; i++) {
    struct process *process = &processes->all[i];
    const struct process *leader = find(processes, process->session);
    bool is_mlrun = process->pid == members->mlrun ||
                    (process->parent == members->mlrun && process->is_below && runs(process->pid, members->program));
    process->is_spared = is_mlrun || (leader != NULL && leader->is_below && is_pump(leader, members) &&
                                      (process == leader || process->parent == leader->pid));
  }
}

/** Path of this process's control group in systemd's hierarchy (cgroups(7), proc(5)). */
static bool own_group(pid_t pid, char *path, size_t room) {
  char file[PATH_BYTES];
  snprintf(file, sizeof file, "/proc/%d/cgroup", pid);
  FILE *groups = fopen(file, "re");
  if (groups == NULL) return false;
  char line[PATH_MAX];
  bool is_found = false;
  while (fgets(line, sizeof line, groups) != NULL) {
    // `0::/path`, or `9:name=systemd:/path` where resources have hierarchies of their own.
    const char *start = strncmp(line, "0::", 3) == 0 ? line + 3 : strstr(line, ":name=systemd:");
    if (start == NULL) continue;
    is_found = true;
    snprintf(path, room, "%s", strrchr(start, ':') == NULL || *start == '/' ? start : start + strlen(":name=systemd:"));
    if (*start == ':') break;
  }
  fclose(groups);
  return is_found;
}

static void mark_group(struct processes *processes) {
  char own[PATH_MAX];
  char path[PATH_MAX];
  if (!own_group(getpid(), own, sizeof own)) return;
  for (size_t i = 0; i < processes->count; i++) {
    struct process *process = &processes->all[i];
    process->is_below = process->pid != getpid() && own_group(process->pid, path, sizeof path) && strcmp(own, path) == 0;
  }
}

/**
 * Kills this process's children repeatedly, including those that have just lost their parent. A process that forks a successor and
 * exits at once is gone before all of /proc is read; here the signal finds it while it forks, and the kernel forks nothing with a
 * signal pending.
 */
static void kill_children(const struct processes *processes) {
  int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
  for (int round = 0; fd >= 0 && round < ROUNDS; round++) {
    char text[CHILDREN_BYTES];
    ssize_t bytes = pread(fd, text, sizeof text - 1, 0);
    if (bytes <= 0) break;
    text[bytes] = '\0';
    char *next;
    for (char *at = text; (next = strchr(at, ' ')) != NULL; at = next + 1) {
      pid_t pid = (pid_t)strtol(at, NULL, 10);
      const struct process *known = find(processes, pid);
      if (pid > 0 && (known == NULL || !known->is_spared)) kill(pid, SIGKILL);
    }
  }
  if (fd >= 0) close(fd);
}

int signal_members(int signal_number, const struct members *members) {
  struct processes processes = read_processes();
  if (members->are_of_cgroup) mark_group(&processes);
  else
    while (mark_children(&processes)) continue;
  if (members->mlrun > 0) spare(&processes, members);
  int count = 0;
  for (size_t i = 0; i < processes.count; i++) {
    const struct process *process = &processes.all[i];
    if (!process->is_below || process->has_ended || process->is_spared) continue;
    count += 1;
    if (signal_number != 0) kill(process->pid, signal_number);
  }
  if (signal_number == SIGKILL && !members->are_of_cgroup) kill_children(&processes);
  free(processes.all);
  return count;
}
