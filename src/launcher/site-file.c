#include "site-file.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { MAX_LINE_BYTES = 512 };

/** Blank, a comment, or the viewer's address, which only notifications need: only the logger reads anything else. */
static bool is_without_effect(const char *line) {
  static const char viewer[] = "viewer = \"http";
  const char *at = line + strspn(line, " \t\r\n");
  if (*at == '\0' || *at == '#') return true;
  if (strncmp(at, viewer, strlen(viewer)) != 0) return false;
  at += strlen(viewer);
  at += *at == 's';
  if (strncmp(at, "://", 3) != 0) return false;
  at += strcspn(at, "\"\\\n");
  return *at == '"' && at[1 + strspn(at + 1, " \t\r\n")] == '\0';
}

bool has_no_settings(const char *path) {
  char line[MAX_LINE_BYTES];
  bool is_empty = true;
  FILE *file = fopen(path, "re");
  // The logger cannot read it either, and goes by its defaults.
  if (file == NULL) return errno == ENOENT || errno == ENOTDIR || errno == EACCES;
  while (is_empty && fgets(line, sizeof line, file) != NULL) is_empty = is_without_effect(line);
  fclose(file);
  return is_empty;
}
