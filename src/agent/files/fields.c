#include "put.h"
#include <stdlib.h>
#include <string.h>

/** The next field without its NUL, or NULL. The caller frees it. */
static char *read_field(FILE *from) {
  char *field = NULL;
  size_t room = 0;
  ssize_t bytes = getdelim(&field, &room, '\0', from);
  if (bytes > 0 && field[bytes - 1] == '\0') return field;
  free(field);
  return NULL;
}

bool read_file_fields(FILE *from, struct file *file, char **then) {
  *file = (struct file){0};
  *then = NULL;
  for (;;) {
    char *field = read_field(from);
    char *value = field == NULL ? NULL : strchr(field, '=');
    if (value == NULL) return false;
    *value++ = '\0';
    if (strcmp(field, "end") == 0) return file->run != NULL && file->number != NULL && file->path != NULL;
    if (strcmp(field, "then") == 0) {
      *then = value;
      return false;
    }
    if (strcmp(field, "run") == 0) file->run = value;
    else if (strcmp(field, "number") == 0) file->number = value;
    else if (strcmp(field, "path") == 0) file->path = value;
    else if (strcmp(field, "mode") == 0) file->mode = (mode_t)strtoul(value, NULL, 10);
    else if (strcmp(field, "bytes") == 0) file->bytes = strtoull(value, NULL, 10);
    else if (strcmp(field, "overwrite") == 0) file->overwrites = strcmp(value, "true") == 0;
    else if (strcmp(field, "unpack") == 0) file->is_archive = strcmp(value, "tar") == 0;
    else return false;
  }
}

const char *below_home(const char *path) {
  if (*path == '/') return NULL;
  if (path[0] == '~' && (path[1] == '/' || path[1] == '\0')) path++;
  while (*path == '/') path++;
  return path;
}

char *absolute_path(const char *path, const char *home) {
  char *whole = NULL;
  const char *below = below_home(path);
  if (below == NULL) return strdup(path);
  return asprintf(&whole, "%s/%s", home, below) < 0 ? NULL : whole;
}

void staged_name(char name[STAGED_BYTES], const struct file *file) {
  const char *slash = strrchr(file->path, '/');
  snprintf(name, STAGED_BYTES, ".%.200s.%.26s.%.8s", slash == NULL ? file->path : slash + 1, file->run, file->number);
}
