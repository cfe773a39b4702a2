#include "tree.h"
#include "../process/process-stat.h"
#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

struct member {
  pid_t pid;
  pid_t parent;
  unsigned long long start_ticks;
  bool is_below;
};

static int by_pid(const void *one, const void *other) {
  const struct member *a = one, *b = other;
  return (a->pid > b->pid) - (a->pid < b->pid);
}

static struct member *find(const struct tree *tree, pid_t pid) {
  const struct member wanted = {.pid = pid};
  return tree->count == 0 ? NULL : bsearch(&wanted, tree->members, tree->count, sizeof wanted, by_pid);
}

/** Every process of a session, by pid. Fewer if memory runs out. */
static struct tree read_session(pid_t session) {
  struct tree all = {0};
  size_t room = 0;
  DIR *processes = opendir("/proc");
  if (processes == NULL) return all;
  for (struct dirent *entry = readdir(processes); entry != NULL; entry = readdir(processes)) {
    struct process_stat stat;
    pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
    if (pid <= 0 || !read_process(pid, &stat) || stat.session != session) continue;
    if (all.count == room) {
      room = room == 0 ? 256 : 2 * room;
      struct member *more = realloc(all.members, room * sizeof *more);
      if (more == NULL) break;
      all.members = more;
    }
    all.members[all.count++] = (struct member){pid, stat.parent, stat.start_ticks, false};
  }
  closedir(processes);
  if (all.count > 0) qsort(all.members, all.count, sizeof *all.members, by_pid);
  return all;
}

/** Marks descendants, generation by generation. @return Whether there was one more. */
static bool mark_children(struct tree *tree) {
  bool is_more = false;
  for (size_t i = 0; i < tree->count; i++) {
    struct member *member = &tree->members[i];
    const struct member *parent = member->is_below ? NULL : find(tree, member->parent);
    if (parent == NULL || !parent->is_below) continue;
    member->is_below = true;
    is_more = true;
  }
  return is_more;
}

void signal_tree(struct tree *tree, pid_t root, int signal_number) {
  struct tree now = read_session(getsid(root));
  for (size_t i = 0; i < now.count; i++) {
    struct member *member = &now.members[i];
    const struct member *before = find(tree, member->pid);
    bool is_same = before != NULL && before->is_below && before->start_ticks == member->start_ticks;
    member->is_below = member->pid == root || is_same;
  }
  while (mark_children(&now)) continue;
  kill(root, signal_number);
  for (size_t i = 0; i < now.count; i++)
    if (now.members[i].is_below && now.members[i].pid != root) kill(now.members[i].pid, signal_number);
  free(tree->members);
  *tree = now;
}
