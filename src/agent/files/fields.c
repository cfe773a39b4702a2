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

static bool is_whole(const struct file *file) {
  bool is_shared_whole = file->folder == NULL || (file->as != NULL && file->uid != NULL);
  return file->x != NULL && file->number != NULL && file->path != NULL && is_shared_whole;
}

bool read_file_fields(FILE *from, struct file *file, char **then) {
  *file = (struct file){0};
  *then = NULL;
  for (;;) {
    char *field = read_field(from);
    char *value = field == NULL ? NULL : strchr(field, '=');
    if (value == NULL) return false;
    *value++ = '\0';
    if (strcmp(field, "end") == 0) return is_whole(file);
    if (strcmp(field, "then") == 0) {
      *then = value;
      return false;
    }
    if (strcmp(field, "x") == 0) file->x = value;
    else if (strcmp(field, "number") == 0) file->number = value;
    else if (strcmp(field, "path") == 0) file->path = value;
    else if (strcmp(field, "folder") == 0) file->folder = value;
    else if (strcmp(field, "as") == 0) file->as = value;
    else if (strcmp(field, "uid") == 0) file->uid = value;
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

bool settle_path(struct file *file, const char *home) {
  const char *below = file->folder == NULL ? below_home(file->path) : file->path;
  file->folder_bytes = file->folder == NULL ? 0 : strlen(file->folder);
  if (below == NULL) return true;
  return asprintf(&file->path, "%s/%s", file->folder == NULL ? home : file->folder, below) >= 0;
}

void staged_name(char name[STAGED_BYTES], const struct file *file) {
  const char *slash = strrchr(file->path, '/');
  snprintf(name, STAGED_BYTES, ".%.200s.%.26s.%.16s", slash == NULL ? file->path : slash + 1, file->x, file->number);
}
