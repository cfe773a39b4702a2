// Users with connections: one entry per uid, or per range of subordinate uids (subordinate.h), with everything charged
// to it. Bounded; uids of a crowded range share one.
#ifndef MLGATE_USERS_H
#define MLGATE_USERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "limits.h"
#include "link.h"

// Problems of a user, each logged at most once in TELL_AGAIN_AFTER_MS.
enum tale { TALE_CONNECTIONS, TALE_HELD, TALE_BEGINS, TALE_BAD, TALES };

struct user {
  // The user's uid, or the first one of a range.
  uid_t uid;
  // The shared entry of a crowded range, for uids without one of their own.
  bool isShared;
  size_t connections;
  size_t heldBytes;
  // BEGINs that it may send now, in thousandths, as of tokensAtMs.
  uint64_t milliTokens, tokensAtMs;
  uint64_t toldAtMs[TALES];

  // Used by rounds.c: connections whose BEGIN waits; this user among those with some; whether they wait for tokens.
  struct link begins, inRounds;
  bool isThrottled;

  // Used by turns.c: connections that wait for their turn with a small or a large read, or because of heldBytes; this
  // user among those with some.
  struct link smallWaits, largeWaits, heldWaits, inTurns;
  // Used by flight.c: the number of its connections with octets that rsyslogd has not read; the one with a large
  // amount.
  size_t inFlight;
  struct connection *large;

  struct link bucket;
};

struct users {
  struct link buckets[USER_BUCKETS];
  size_t count;
  // Entries that are not shared, for each range of uids.
  uint16_t ownEntries[UID_RANGES];
  // When makeRoom last ran.
  uint64_t forgotAtMs;
  // Totals of all users.
  size_t connections, heldBytes;
  // Rate of each user.
  uint64_t beginsPerSecond;
};

void usersInit(struct users *users, uint64_t beginsPerSecond);

// The entry of a uid, created if missing; NULL if there are MAX_USERS, or memory runs out.
struct user *usersFind(struct users *users, uid_t uid, uint64_t nowMs);

// Forgets users with no connection and a full bucket. The loop calls it once a tick.
void usersSweep(struct users *users, uint64_t nowMs);

// Takes the token for one BEGIN. False if there is none yet.
bool userTakeToken(const struct users *users, struct user *user, uint64_t nowMs);

// Whether the user holds as much as it may.
bool userIsFull(const struct users *users, const struct user *user);

// Whether to log this problem of the user now, and notes that it was.
bool userIsNews(struct user *user, enum tale tale, uint64_t nowMs);

#endif
