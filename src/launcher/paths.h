#pragma once
#include <limits.h>
#include <stdbool.h>

#define DEFAULT_RUN_DIR "/run/marcologger"

/** `folder/name`, or the folder where the name is empty. False, and an empty path, when that is too long. */
bool join_path(char path[static PATH_MAX], const char *folder, const char *name);
/** The path as it is, or below `cwd` where it is relative. Neither `..` nor a slash at the end is left in it. */
void resolve_path(char path[static PATH_MAX], const char *cwd, const char *name);
/** The folder that this program lies in. Empty where nothing tells it. */
void own_folder(char folder[static PATH_MAX], const char *cwd);
/** This machine's name, which becomes HOSTNAME of RFC 5424 and a folder's name: a kernel takes any bytes for it. */
void node_name(char name[static HOST_NAME_MAX + 1]);
