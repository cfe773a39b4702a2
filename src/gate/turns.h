// Turns at the relay. imptcp reads a connection until it finds it empty, with few threads for everybody: a client that
// writes without pause would keep one for ever. So:
//
// - One connection per user, of LARGE_USERS users at a time, may have more than SMALL_BYTES that rsyslogd has not read.
//   Small reads go first, from SMALL_CONNECTIONS connections of a user and ALL_SMALL_CONNECTIONS at a time.
// - While somebody waits for an answer of the relay, a round of BEGINs or a proof, each connection hands on once per
//   answer. What is under way when the wait begins is all that rsyslogd reads before: then its threads find their
//   connections empty, and are free.
//
// Other connections are not read; they continue in order of arrival, and users take turns.
#ifndef MLGATE_TURNS_H
#define MLGATE_TURNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "link.h"

struct gate;
struct connection;

struct turns {
  // Users with waiting connections, the next to be served first; how many connections wait for a small read.
  struct link users;
  size_t smallWaits;
  // Connections with octets that rsyslogd has not read (flight.h), and how many they are; large ones among them.
  struct link flight;
  size_t inFlight, largeCount;
  // Rounds and proofs that ended, from 1.
  uint64_t answers;
  // An event that others wait for may have happened.
  bool areDue;
};

void turnsInit(struct turns *turns);

// Reads a client in STAGE_LINES if it may be read now. If not, it waits unwatched, and is read when it may.
void turnsRead(struct connection *connection);

// Whether its user's held octets allow a read. A client with half a BEGIN or frame may always be read.
bool turnsMayHold(struct connection *connection);

// Takes the connection out of its wait.
void turnsLeave(struct connection *connection);

bool turnsAnybodyWaits(const struct gate *gate);

// Counts a round or a proof that has ended.
void turnsAnswered(struct turns *turns);

// Reads from clients that may be read now, if turns are due. Once per turn of the loop.
void turnsGive(struct gate *gate);

#endif
