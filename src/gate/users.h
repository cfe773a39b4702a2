// Who has connections: one entry a uid, or a range of subordinate uids (subordinate.h), with what is charged to it.
// Bounded.
#ifndef MLGATE_USERS_H
#define MLGATE_USERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "limits.h"
#include "link.h"

// Problems of a user that are logged, each once in TELL_AGAIN_AFTER_MS.
enum tale { TALE_CONNECTIONS, TALE_HELD, TALE_BEGINS, TALE_BAD, TALES };

struct user {
  // Of a range: the first.
  uid_t uid;
  size_t connections;
  size_t heldBytes;
  // BEGINs that it may send now, in thousandths, as of tokensAtMs.
  uint64_t milliTokens, tokensAtMs;
  uint64_t toldAtMs[TALES];

  // Of rounds.c: connections whose BEGIN waits; this user among those that have some; they wait for tokens.
  struct link begins, inRounds;
  bool isThrottled;

  // Of turns.c: connections that wait for their turn with a small or a large read, or because of heldBytes; this user
  // among those with some.
  struct link smallWaits, largeWaits, heldWaits, inTurns;
  // Of flight.c: connections with octets that rsyslogd has not read; the one of them that has many; this user among
  // those with such a one.
  struct link flight;
  size_t inFlight;
  struct connection *large;
  struct link inLarge;

  struct link bucket;
};

struct users {
  struct link buckets[USER_BUCKETS];
  size_t count;
  // Of all users.
  size_t connections, heldBytes;
  // Of each user.
  uint64_t beginsPerSecond;
};

void usersInit(struct users *users, uint64_t beginsPerSecond);

// The entry of a uid, made when there is none; NULL when there are MAX_USERS, or no memory.
struct user *usersFind(struct users *users, uid_t uid, uint64_t nowMs);

// Forgets the users that have no connection and a full bucket. Now and then.
void usersSweep(struct users *users, uint64_t nowMs);

// Takes the token for one BEGIN. False when there is none yet.
bool userTakeToken(const struct users *users, struct user *user, uint64_t nowMs);

// Whether the user holds as much as it may.
bool userIsFull(const struct users *users, const struct user *user);

// Whether this is to be logged now.
bool userIsNews(struct user *user, enum tale tale, uint64_t nowMs);

#endif
