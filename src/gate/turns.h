// Turns at the relay. imptcp reads a connection until it is empty, and has few threads for everybody: who writes
// without pause would make all others wait. So of a user one connection at a time may have more than SMALL_BYTES that
// rsyslogd has not read, and of LARGE_USERS users at a time; what is small goes before, from SMALL_CONNECTIONS
// connections of a user at a time. The others are not read from; they go on in the order in which they came, and users
// take turns.
#ifndef MLGATE_TURNS_H
#define MLGATE_TURNS_H

#include <stdbool.h>
#include <stddef.h>

#include "link.h"

struct gate;
struct connection;

struct turns {
  // Users with connections that wait, the next to be served first.
  struct link users;
  // Users that have a large connection in flight: see flight.h.
  struct link largeUsers;
  size_t largeCount;
  // Something that others wait for may have happened.
  bool areDue;
};

void turnsInit(struct turns *turns);

// Whether a client in STAGE_LINES may be read now. If not, it waits and is not watched; it is read when it may.
bool turnsMayRead(struct connection *connection);

// Whether a client may be read as far as the octets go that its user holds. Who has half of something always may.
bool turnsMayHold(struct connection *connection);

// The connection waits for nothing any more.
void turnsLeave(struct connection *connection);

bool turnsAnybodyWaits(const struct gate *gate);

// Reads from those that may be read now, if turns are due. Once a turn of the loop.
void turnsGive(struct gate *gate);

#endif
