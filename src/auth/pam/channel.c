#include "channel.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int channel = -1;

bool openChannel(int fd) {
  if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) return false;
  channel = fd;
  return true;
}

static bool writeAll(const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t written = write(channel, bytes, length);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes += written;
    length -= (size_t)written;
  }
  return true;
}

bool sendMessage(char kind, const char *text) {
  char message[MAX_MESSAGE];
  size_t length = strnlen(text, MAX_MESSAGE - 2);
  message[0] = kind;
  memcpy(message + 1, text, length);
  message[length + 1] = '\0';
  return writeAll(message, length + 2);
}

// One octet at a time: the bytes after the NUL may answer a prompt that has not been sent yet.
bool receiveMessage(char *text) {
  for (size_t length = 0; length < MAX_MESSAGE;) {
    ssize_t got = read(channel, text + length, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    if (text[length] == '\0') return true;
    length += 1;
  }
  return false;
}
