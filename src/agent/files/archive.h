#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

enum { WORDS_BYTES = 500 };

/** A running tar that unpacks its input into a new folder. */
struct unpacking {
  int folder;
  int input;
  /** tar's messages, in memory: nobody reads them before it ends. */
  int errors;
  pid_t pid;
};

/** Makes the folder and starts tar. The first bytes decide whether gzip unpacks first. */
bool begin_unpacking(struct unpacking *unpacking, int parent, const char *name, FILE *from);

/** False with EPIPE if the bytes end early. Skips bytes that tar no longer reads. */
bool copy_into(struct unpacking *unpacking, FILE *from, uint64_t bytes);

/** Waits for tar. False with errno; EBADMSG and its words if it refuses the archive. */
bool end_unpacking(struct unpacking *unpacking, bool is_copied, char words[static WORDS_BYTES]);
