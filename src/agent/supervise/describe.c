#include "describe.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BOOT_BYTES = 37, STAT_BYTES = 1024 };

long long clock_ms(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/** @return Octets read; the text ends with NUL. */
static ssize_t read_text(const char *path, char *text, size_t room) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t bytes = fd < 0 ? -1 : read(fd, text, room - 1);
  if (fd >= 0) close(fd);
  text[bytes < 0 ? 0 : bytes] = '\0';
  return bytes;
}

static bool read_boot(char boot[static BOOT_BYTES]) {
  return read_text("/proc/sys/kernel/random/boot_id", boot, BOOT_BYTES) == BOOT_BYTES - 1;
}

/** proc(5), starttime */
static unsigned long long own_start_ticks(void) {
  char text[STAT_BYTES];
  read_text("/proc/self/stat", text, sizeof text);
  const char *rest = strrchr(text, ')');
  unsigned long long ticks = 0;
  if (rest != NULL)
    sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu", &ticks);
  return ticks;
}

bool describe_process(char text[RECORD_BYTES], const char *sequence) {
  char boot[BOOT_BYTES];
  if (!read_boot(boot)) return false;
  snprintf(text, RECORD_BYTES, "{\"boot\":\"%s\",\"pid\":%d,\"started\":\"%llu\",\"sequence\":%llu,\"at\":%lld}", boot, getpid(),
           own_start_ticks(), strtoull(sequence, NULL, 10), clock_ms(CLOCK_REALTIME));
  return true;
}

bool describe_unit(char text[RECORD_BYTES], const char *sequence, const char *unit, const char *invocation) {
  char boot[BOOT_BYTES];
  if (!read_boot(boot)) return false;
  snprintf(text, RECORD_BYTES, "{\"boot\":\"%s\",\"unit\":\"%.200s\",\"invocation\":\"%.64s\",\"sequence\":%llu,\"at\":%lld}", boot, unit,
           invocation, strtoull(sequence, NULL, 10), clock_ms(CLOCK_REALTIME));
  return true;
}

void describe_exit(char text[RECORD_BYTES], int status, const char *said) {
  char code[16];
  char signal_name[32];
  bool is_signal = WIFSIGNALED(status);
  const char *name = is_signal ? sigabbrev_np(WTERMSIG(status)) : NULL;
  snprintf(code, sizeof code, "%d", WEXITSTATUS(status));
  if (name != NULL) snprintf(signal_name, sizeof signal_name, "\"SIG%s\"", name);
  else snprintf(signal_name, sizeof signal_name, "\"SIGRT%d\"", is_signal ? WTERMSIG(status) : 0);
  snprintf(text, RECORD_BYTES, "{\"code\":%s,\"signal\":%s,\"at\":%lld,\"text\":\"%s\"}", is_signal ? "null" : code,
           is_signal ? signal_name : "null", clock_ms(CLOCK_REALTIME), said);
}
