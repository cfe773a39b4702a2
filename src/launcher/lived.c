#include "lived.h"
#include "../process/process-stat.h"

uint64_t lived_us(pid_t pid, uint64_t age_us) {
  struct process_stat stat;
  struct process_schedule schedule;
  if (!read_process(pid, &stat)) return age_us;
  if (stat.state == 'Z' || stat.state == 'X') return 0;
  if (!read_schedule(pid, &schedule)) return age_us;
  // A wait that is still going on is not counted yet.
  if (stat.state == 'R') return schedule.ran_us;
  return age_us > schedule.waited_us ? age_us - schedule.waited_us : 0;
}
