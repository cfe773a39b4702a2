#include "load.h"
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

double machine_load(void) {
  int runnable = 0;
  FILE *file = fopen("/proc/loadavg", "re");
  long processors = sysconf(_SC_NPROCESSORS_ONLN);
  // The fourth field: processes that run or wait for a processor, of all (proc_loadavg(5)).
  bool is_known = file != NULL && fscanf(file, "%*f %*f %*f %d/", &runnable) == 1;
  if (file != NULL) fclose(file);
  if (!is_known || processors < 1 || runnable <= processors) return 1;
  return (double)runnable / (double)processors;
}
