#pragma once
#include <stdbool.h>

/** Closes every descriptor from `first` on. */
void close_from(int first);
/** Closes every descriptor but these; -1 entries are ignored. */
void close_all_but(const int *kept, int count);
/**
 * Occupies 0, 1 and 2, so that no descriptor of mlrun's own gets their numbers.
 *
 * @param were_closed Receives which of them the caller had closed: they are closed again for the command.
 */
void occupy_standard(bool were_closed[static 3]);
/** The same descriptor with a number of at least `least`, closed at exec. -1 on failure. */
int move_up(int fd, int least);
