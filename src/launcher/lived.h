#pragma once
#include <stdint.h>
#include <sys/types.h>

/**
 * Microseconds of a process's life, without those in which it waited for a processor: on a busy machine a program that
 * runs for a millisecond may take a second. 0 once it has ended, though nobody has waited for it yet.
 *
 * @param age_us Time since its start, returned where /proc does not say more.
 */
uint64_t lived_us(pid_t pid, uint64_t age_us);
