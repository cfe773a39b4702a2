// Turns at the relay. imptcp reads a connection until it is empty, with few threads for everybody: a client that writes
// without pause would make all others wait. So one connection per user, of LARGE_USERS users at a time, may have more
// than SMALL_BYTES that rsyslogd has not read. Small reads go first, from SMALL_CONNECTIONS connections of a user at a
// time. Other connections are not read; they continue in order of arrival, and users take turns.
#ifndef MLGATE_TURNS_H
#define MLGATE_TURNS_H

#include <stdbool.h>
#include <stddef.h>

#include "link.h"

struct gate;
struct connection;

struct turns {
  // Users with waiting connections, the next to be served first.
  struct link users;
  // Users that have a large connection in flight: see flight.h.
  struct link largeUsers;
  size_t largeCount;
  // An event that others wait for may have happened.
  bool areDue;
};

void turnsInit(struct turns *turns);

// Whether a client in STAGE_LINES may be read now. If not, it waits unwatched, and is read when it may.
bool turnsMayRead(struct connection *connection);

// Whether its user's held octets allow a read. A client with half a BEGIN or frame may always be read.
bool turnsMayHold(struct connection *connection);

// The connection no longer waits.
void turnsLeave(struct connection *connection);

bool turnsAnybodyWaits(const struct gate *gate);

// Reads from clients that may be read now, if turns are due. Once per turn of the loop.
void turnsGive(struct gate *gate);

#endif
