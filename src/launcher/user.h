#pragma once
#include <stdbool.h>

enum { MAX_USER_BYTES = 127 };

/**
 * The user's name on this node, as far as it is known without asking a directory, which may be slow: by it the collector
 * finds uids that mean different users on the two. False: unknown, or meaningless in a container with users of its own.
 */
bool user_name(char name[static MAX_USER_BYTES]);
