#pragma once

/** Prints `mlrun: MESSAGE` in one write; drops it rather than wait. */
void warn(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));
