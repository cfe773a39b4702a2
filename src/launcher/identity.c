#include "identity.h"
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

enum { KEY_BYTES = 16, TIME_CHARACTERS = 10, RANDOM_CHARACTERS = 16, RANDOM_BYTES = KEY_BYTES + RANDOM_CHARACTERS };

/** Reads the kernel's randomness. If a sandbox forbids both ways to it, uses the bytes given at exec (getauxval(3)). */
static void read_random(unsigned char *bytes, size_t count) {
  if (getrandom(bytes, count, 0) == (ssize_t)count) return;
  int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
  ssize_t got = fd < 0 ? -1 : read(fd, bytes, count);
  if (fd >= 0) close(fd);
  if (got == (ssize_t)count) return;
  const unsigned char *at_exec = (const unsigned char *)getauxval(AT_RANDOM);
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  uint64_t mix = (uint64_t)now.tv_nsec ^ ((uint64_t)getpid() << 32);
  for (size_t i = 0; i < count; i++) {
    mix = mix * 6364136223846793005u + 1442695040888963407u;
    bytes[i] = (unsigned char)(mix >> 56) ^ (at_exec == NULL ? 0 : at_exec[i % 16]);
  }
}

/** Writes 48 bits of time and 80 of randomness in Crockford's base 32 (https://github.com/ulid/spec). */
static void write_ulid(char text[ID_CHARACTERS + 1], const unsigned char random[RANDOM_CHARACTERS]) {
  static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  uint64_t rest = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
  for (int i = TIME_CHARACTERS - 1; i >= 0; i--) {
    text[i] = alphabet[rest & 31];
    rest >>= 5;
  }
  for (int i = 0; i < RANDOM_CHARACTERS; i++) text[TIME_CHARACTERS + i] = alphabet[random[i] & 31];
  text[ID_CHARACTERS] = '\0';
}

/** Writes base64url without padding (RFC 4648, section 5). */
static void write_key(char text[KEY_CHARACTERS + 1], const unsigned char bytes[KEY_BYTES]) {
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (int i = 0; i < KEY_CHARACTERS; i++) {
    int bit = i * 6;
    unsigned pair = (unsigned)bytes[bit / 8] << 8 | (bit / 8 + 1 < KEY_BYTES ? bytes[bit / 8 + 1] : 0);
    text[i] = alphabet[pair >> (10 - bit % 8) & 63];
  }
  text[KEY_CHARACTERS] = '\0';
}

void make_identity(struct identity *identity, const char *id) {
  unsigned char random[RANDOM_BYTES];
  read_random(random, sizeof random);
  write_key(identity->key, random);
  if (id == NULL) write_ulid(identity->x, random + KEY_BYTES);
  else memcpy(identity->x, id, sizeof identity->x);
}
