#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

enum { WORDS_BYTES = 500 };

/** tar, which unpacks what it is given into a new folder. */
struct unpacking {
  int folder;
  int input;
  /** What tar says, in memory: nobody reads it before its end. */
  int errors;
  pid_t pid;
};

/** Makes the folder and starts tar, as the first bytes say: plain, or packed by gzip. */
bool begin_unpacking(struct unpacking *unpacking, int parent, const char *name, FILE *from);

/** False with EPIPE if the bytes end early. What tar does not want any more is passed over. */
bool copy_into(struct unpacking *unpacking, FILE *from, uint64_t bytes);

/** Waits for tar. False with errno; EBADMSG and its words if it refuses the archive. */
bool end_unpacking(struct unpacking *unpacking, bool is_copied, char words[static WORDS_BYTES]);
