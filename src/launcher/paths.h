#pragma once
#include <limits.h>
#include <stdbool.h>

#define DEFAULT_RUN_DIR "/run/marcologger"

/** `folder/name`, or the folder if the name is empty. False, and an empty path, if that is too long. */
bool join_path(char path[static PATH_MAX], const char *folder, const char *name);
/** The path unchanged if absolute, else below `cwd`. Removes `..` and any slash at the end. */
void resolve_path(char path[static PATH_MAX], const char *cwd, const char *name);
/** The folder of this program. Empty if unknown. */
void own_folder(char folder[static PATH_MAX], const char *cwd);
/** This machine's name, which becomes HOSTNAME of RFC 5424 and a folder's name: a kernel accepts any bytes in it. */
void node_name(char name[static HOST_NAME_MAX + 1]);
