#pragma once
#include "../supervise/user.h"
#include <sys/types.h>

/**
 * Becomes the user and executes the program that fields on standard input name (`arg=`, `env=`, `end=`, each ended by NUL). The
 * program's own input follows them. Dies with `parent`.
 */
_Noreturn void execute_program(const struct user *user, pid_t parent);
