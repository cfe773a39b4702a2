#include "../files/put.h"
#include "supervise.h"
#include <stddef.h>
#include <string.h>

/** Called only by mlagent-root. */
int main(int count, char **words) {
  static const struct {
    const char *name;
    int words;
    int (*act)(char **words);
  } actions[] = {{"run", 6, supervise},   {"claim", 3, claim_for_unit}, {"stop", 2, stop_unit},
                 {"ended", 1, end_unit},  {"enter", 2, enter},          {"stage", 2, stage},
                 {"discard", 2, discard}, {"placed", 2, placed},        {"would-stage", 2, would_stage},
                 {"publish", 1, publish_for_unit}, {"publish-shared", 1, publish_shared_for_unit},
                 {"look", 3, look},       {"serve", 5, serve}};
  for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++)
    if (count == actions[i].words + 2 && strcmp(words[1], actions[i].name) == 0) return actions[i].act(words + 2);
  return USAGE;
}
