#pragma once
#include <stdbool.h>

/** Closes every descriptor from `first` on. */
void close_from(int first);
/** Closes every descriptor but these; -1 is none. */
void close_all_but(const int *kept, int count);
/**
 * Makes sure that 0, 1 and 2 are taken, so that nothing of mlrun's own gets their numbers.
 *
 * @param were_closed Receives which of them the caller had closed: they are closed again for the command.
 */
void occupy_standard(bool were_closed[static 3]);
/** The same descriptor with a number of at least `least`, closed at exec. -1 when there is none. */
int move_up(int fd, int least);
