#include "users.h"

#include <stdlib.h>

// A full bucket, in thousandths of a BEGIN.
static uint64_t fullBucket(const struct users *users) {
  return users->beginsPerSecond * BURST_SECONDS * 1000;
}

void usersInit(struct users *users, uint64_t beginsPerSecond) {
  users->beginsPerSecond = beginsPerSecond;
  for (size_t i = 0; i < USER_BUCKETS; i += 1) linkInit(&users->buckets[i]);
  users->count = 0;
  users->connections = 0;
  users->heldBytes = 0;
}

static void refill(const struct users *users, struct user *user, uint64_t nowMs) {
  uint64_t tokens = user->milliTokens + (nowMs - user->tokensAtMs) * users->beginsPerSecond;
  user->milliTokens = tokens > fullBucket(users) ? fullBucket(users) : tokens;
  user->tokensAtMs = nowMs;
}

static bool isIdle(const struct user *user) {
  return user->connections == 0;
}

static struct user *newUser(const struct users *users, uid_t uid, uint64_t nowMs) {
  struct user *user = calloc(1, sizeof *user);
  if (user == NULL) return NULL;
  user->uid = uid;
  user->milliTokens = fullBucket(users);
  user->tokensAtMs = nowMs;
  struct link *links[] = {&user->begins,    &user->inRounds, &user->smallWaits, &user->largeWaits,
                          &user->heldWaits, &user->inTurns,  &user->bucket};
  for (size_t i = 0; i < sizeof links / sizeof *links; i += 1) linkInit(links[i]);
  return user;
}

static void forget(struct users *users, struct user *user) {
  linkRemove(&user->bucket);
  users->count -= 1;
  if (!user->isShared) users->ownEntries[user->uid >> RANGE_BITS] -= 1;
  free(user);
}

// Forgets users without a connection; with `all`, even those that must wait for their next BEGIN.
static void sweep(struct users *users, uint64_t nowMs, bool all) {
  for (size_t i = 0; i < USER_BUCKETS; i += 1) {
    struct link *head = &users->buckets[i];
    for (struct link *link = head->next, *next; link != head; link = next) {
      next = link->next;
      struct user *user = linkOwner(link, struct user, bucket);
      if (!isIdle(user)) continue;
      refill(users, user, nowMs);
      if (all || user->milliTokens == fullBucket(users)) forget(users, user);
    }
  }
}

void usersSweep(struct users *users, uint64_t nowMs) {
  sweep(users, nowMs, false);
}

// Forgets every entry that it can: at most once a millisecond, since it looks at all of them.
static void makeRoom(struct users *users, uint64_t nowMs) {
  if (users->forgotAtMs == nowMs) return;
  users->forgotAtMs = nowMs;
  sweep(users, nowMs, true);
}

static struct user *known(const struct users *users, uid_t uid, bool isShared) {
  const struct link *head = &users->buckets[uid % USER_BUCKETS];
  for (struct link *link = head->next; link != head; link = link->next) {
    struct user *user = linkOwner(link, struct user, bucket);
    if (user->uid == uid && user->isShared == isShared) return user;
  }
  return NULL;
}

static struct user *add(struct users *users, uid_t uid, uint64_t nowMs) {
  if (users->count == MAX_USERS) makeRoom(users, nowMs);
  if (users->count == MAX_USERS) return NULL;
  struct user *user = newUser(users, uid, nowMs);
  if (user == NULL) return NULL;
  linkAppend(&users->buckets[uid % USER_BUCKETS], &user->bucket);
  users->count += 1;
  return user;
}

struct user *usersFind(struct users *users, uid_t uid, uint64_t nowMs) {
  struct user *user = known(users, uid, false);
  if (user != NULL) return user;
  size_t range = uid >> RANGE_BITS;
  if (users->ownEntries[range] == USERS_PER_RANGE) makeRoom(users, nowMs);
  bool isShared = users->ownEntries[range] == USERS_PER_RANGE;
  uid_t first = (uid_t)(range << RANGE_BITS);
  if (isShared && (user = known(users, first, true)) != NULL) return user;
  user = add(users, isShared ? first : uid, nowMs);
  if (user == NULL) return NULL;
  user->isShared = isShared;
  if (!isShared) users->ownEntries[range] += 1;
  return user;
}

bool userTakeToken(const struct users *users, struct user *user, uint64_t nowMs) {
  refill(users, user, nowMs);
  if (user->milliTokens < 1000) return false;
  user->milliTokens -= 1000;
  return true;
}

bool userIsFull(const struct users *users, const struct user *user) {
  size_t share = users->heldBytes < ALL_HELD_BYTES ? USER_HELD_BYTES : USER_LEAST_BYTES;
  return user->heldBytes >= share;
}

bool userIsNews(struct user *user, enum tale tale, uint64_t nowMs) {
  uint64_t toldAtMs = user->toldAtMs[tale];
  if (toldAtMs != 0 && nowMs - toldAtMs < TELL_AGAIN_AFTER_MS) return false;
  user->toldAtMs[tale] = nowMs;
  return true;
}
