/* Prints lines and says how long that took: print LINES RESULT_FILE */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  long lines = atol(argv[1]);
  long long started = now();
  for (long n = 1; n <= lines; n += 1) {
    printf("epoch 3 step %ld loss=0.1234 accuracy=0.9876 lr=0.001 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n", n);
  }
  fflush(stdout);
  long long elapsed = now() - started;
  FILE *result = fopen(argv[2], "w");
  if (result == NULL) return 1;
  fprintf(result, "%lld", elapsed);
  return fclose(result) == 0 ? 0 : 1;
}
