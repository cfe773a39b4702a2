#include "raw-spool.h"
#include "../process/process-stat.h"
#include "paths.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OWNER_BYTES = 96, NAME_BYTES = 256, LINK_BYTES = 64 };

/** Writes `PID-START-NAMESPACE`, as `process-name.ts` reads it. */
static void write_owner(char owner[static OWNER_BYTES]) {
  char link[LINK_BYTES] = "";
  struct process_stat self = {0};
  ssize_t bytes = readlink("/proc/self/ns/pid", link, sizeof link - 1);
  const char *digits = bytes <= 0 ? NULL : strpbrk(link, "0123456789");
  read_process(getpid(), &self);
  snprintf(owner, OWNER_BYTES, "%d-%llu-%lu", getpid(), self.start_ticks, digits == NULL ? 0 : strtoul(digits, NULL, 10));
}

/** Counts the bytes in a folder's files. */
static uint64_t used_bytes(const char *folder) {
  DIR *entries = opendir(folder);
  if (entries == NULL) return 0;
  uint64_t bytes = 0;
  struct stat seen;
  for (struct dirent *entry = readdir(entries); entry != NULL; entry = readdir(entries))
    if (fstatat(dirfd(entries), entry->d_name, &seen, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(seen.st_mode))
      bytes += (uint64_t)seen.st_size;
  closedir(entries);
  return bytes;
}

bool open_raw_spool(struct raw_spool *spool, const struct spool_places *places, const char *x) {
  char owner[OWNER_BYTES];
  char name[NAME_BYTES];
  *spool = (struct raw_spool){.fd = -1};
  if (!open_spool_folder(places, spool->folder)) return false;
  write_owner(owner);
  snprintf(name, sizeof name, "%s.%s.%s.raw-busy", x, owner, owner);
  bool fits = join_path(spool->busy, spool->folder, name);
  snprintf(name, sizeof name, "%s.%s.raw", x, owner);
  if (!fits || !join_path(spool->waiting, spool->folder, name)) return false;
  uint64_t used = used_bytes(spool->folder);
  uint64_t left = used < MAX_FOLDER_BYTES ? MAX_FOLDER_BYTES - used : 0;
  spool->most_bytes = left < MAX_RAW_BYTES ? left : MAX_RAW_BYTES;
  spool->fd = open(spool->busy, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  return spool->fd >= 0;
}

bool write_raw(struct raw_spool *spool, const void *bytes, size_t count, bool is_last) {
  if (spool->fd < 0 || spool->bytes + count > spool->most_bytes + (is_last ? RAW_RESERVE_BYTES : 0)) return false;
  for (size_t at = 0; at < count;) {
    ssize_t written = pwrite(spool->fd, (const char *)bytes + at, count - at, (off_t)(spool->bytes + at));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      // A torn record would spoil all records after it.
      if (ftruncate(spool->fd, (off_t)spool->bytes) != 0) spool->most_bytes = 0;
      return false;
    }
    at += (size_t)written;
  }
  spool->bytes += count;
  return true;
}

void close_raw_spool(struct raw_spool *spool) {
  if (spool->fd < 0) return;
  close(spool->fd);
  spool->fd = -1;
  // If this fails, the next mlrun finds the file once its owner has ended.
  if (rename(spool->busy, spool->waiting) != 0) return;
}
