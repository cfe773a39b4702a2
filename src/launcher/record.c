#include "record.h"

static uint64_t read_clock(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t now_us(void) {
  static uint64_t boot_us;
  if (boot_us == 0) boot_us = read_clock(CLOCK_REALTIME) - read_clock(CLOCK_MONOTONIC);
  return boot_us + read_clock(CLOCK_MONOTONIC);
}
