#include "passed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int compare(const void *one, const void *other) {
  const int *a = one, *b = other;
  return (*a > *b) - (*a < *b);
}

// Holds only these files, until the gate has closed its copies and signals that by closing the pipe. Then it ends.
static _Noreturn void hold(struct passed *passed, const int pipe[2]) {
  int from = 0;
  char octet;
  close(pipe[1]);
  passed->files[passed->count] = pipe[0];
  qsort(passed->files, passed->count + 1, sizeof passed->files[0], compare);
  for (size_t i = 0; i <= passed->count; i += 1) {
    // Before Linux 5.9 the call fails: then this process also holds the other descriptors until it ends.
    if (passed->files[i] > from) close_range((unsigned)from, (unsigned)passed->files[i] - 1, 0);
    from = passed->files[i] + 1;
  }
  close_range((unsigned)from, ~0U, 0);
  while (read(pipe[0], &octet, 1) < 0 && errno == EINTR) continue;
  _exit(EXIT_SUCCESS);
}

static void closeAll(struct passed *passed) {
  for (size_t i = 0; i < passed->count; i += 1) close(passed->files[i]);
  passed->count = 0;
}

void passedGive(struct passed *passed) {
  int ends[2];
  if (passed->count == 0 || pipe(ends) != 0) return;
  pid_t process = fork();
  if (process == 0) hold(passed, ends);
  close(ends[0]);
  if (process > 0) closeAll(passed);
  close(ends[1]);
}

// Makes room for this many files, and for the client's socket.
static void makeRoom(struct passed *passed, size_t files) {
  size_t room = MAX_COLLECTED - 1;
  if (passed->count + files > room) passedGive(passed);
  // No process could be started: the gate closes them itself, which may block.
  if (passed->count + files > room) closeAll(passed);
}

static bool collect(struct passed *passed, struct msghdr *message) {
  bool hasFiles = false;
  for (struct cmsghdr *head = CMSG_FIRSTHDR(message); head != NULL; head = CMSG_NXTHDR(message, head)) {
    if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
    size_t bytes = head->cmsg_len - CMSG_LEN(0);
    makeRoom(passed, bytes / sizeof(int));
    memcpy(passed->files + passed->count, CMSG_DATA(head), bytes);
    passed->count += bytes / sizeof(int);
    hasFiles = true;
  }
  return hasFiles;
}

ssize_t passedRead(struct passed *passed, int client, char *bytes, size_t room, bool *hasFiles) {
  union {
    struct cmsghdr aligned;
    char bytes[CMSG_SPACE(MAX_PASSED_FILES * sizeof(int))];
  } control;
  struct iovec part = {.iov_base = bytes, .iov_len = room};
  struct msghdr message = {
      .msg_iov = &part,
      .msg_iovlen = 1,
      .msg_control = &control,
      .msg_controllen = sizeof control,
  };
  ssize_t got = recvmsg(client, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  *hasFiles = got >= 0 && collect(passed, &message);
  return got;
}

bool passedCollects(struct passed *passed, int client) {
  char unread[UNREAD_BYTES];
  bool hasFiles;
  ssize_t got = passedRead(passed, client, unread, sizeof unread, &hasFiles);
  // The client has not ended yet: after this, nothing more comes.
  if (got != 0) shutdown(client, SHUT_RDWR);
  for (bool isFirst = true; (isFirst || got > 0) && got != 0 && !hasFiles; isFirst = false) {
    got = passedRead(passed, client, unread, sizeof unread, &hasFiles);
  }
  if (!hasFiles) return false;
  // More files may lie unread in the socket.
  makeRoom(passed, 1);
  passed->files[passed->count] = client;
  passed->count += 1;
  return true;
}
