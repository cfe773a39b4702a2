#include "turns.h"

#include <sys/ioctl.h>

#include "connection.h"
#include "flight.h"
#include "lines.h"
#include "log.h"

void turnsInit(struct turns *turns) {
  linkInit(&turns->users);
  linkInit(&turns->largeUsers);
}

bool turnsAnybodyWaits(const struct gate *gate) {
  return !linkAlone(&gate->turns.users);
}

static bool isSmall(const struct connection *connection) {
  int waiting = 0;
  if (ioctl(connection->client, FIONREAD, &waiting) != 0) return true;
  return (size_t)waiting + flightUnread(connection) <= SMALL_BYTES;
}

static void await(struct connection *connection, enum wait wait, struct link *list) {
  struct user *user = connection->user;
  connection->wait = wait;
  linkAppend(list, &connection->inWait);
  if (linkAlone(&user->inTurns)) linkAppend(&connection->gate->turns.users, &user->inTurns);
  connectionExpectRest(connection, false);
  connectionWatch(connection);
}

bool turnsMayHold(struct connection *connection) {
  struct gate *gate = connection->gate;
  struct user *user = connection->user;
  if (connection->heldBytes > 0 || !userIsFull(&gate->users, user)) return true;
  if (userIsNews(user, TALE_HELD, gate->nowMs)) {
    logEvent(LOG_SAYS_WARNING, "uid %u has %zu octets here that cannot go on, which is the limit: the rest waits",
             user->uid, user->heldBytes);
  }
  gate->counters.values[COUNT_WAITED_HELD] += 1;
  await(connection, WAIT_HELD, &user->heldWaits);
  return false;
}

// Whether one more small read of this user may go or, if large and unread, it is the large one in flight.
static bool smallMayGo(const struct connection *connection) {
  const struct user *user = connection->user;
  size_t others = user->inFlight - (linkAlone(&connection->inFlight) ? 0 : 1);
  return others < SMALL_CONNECTIONS;
}

static bool largeMayGo(const struct gate *gate, const struct user *user) {
  return user->large == NULL && gate->turns.largeCount < LARGE_USERS;
}

bool turnsMayRead(struct connection *connection) {
  struct gate *gate = connection->gate;
  struct user *user = connection->user;
  if (!turnsMayHold(connection)) return false;
  flightLand(user);
  bool small = isSmall(connection);
  if (small && linkAlone(&user->smallWaits) && smallMayGo(connection)) return true;
  if (!small && !turnsAnybodyWaits(gate)) {
    // Nobody is kept waiting: it need not be empty before more follows.
    if (user->large == connection) return true;
    if (gate->turns.largeCount == LARGE_USERS) flightLandLarge(&gate->turns);
    if (largeMayGo(gate, user)) return true;
  }
  gate->counters.values[COUNT_WAITED_TURN] += 1;
  if (small) await(connection, WAIT_SMALL, &user->smallWaits);
  else await(connection, WAIT_LARGE, &user->largeWaits);
  flightWatch(&gate->turns, user);
  gate->turns.areDue = true;
  return false;
}

void turnsLeave(struct connection *connection) {
  struct user *user = connection->user;
  connection->wait = WAIT_NONE;
  linkRemove(&connection->inWait);
  bool isLast = linkAlone(&user->smallWaits) && linkAlone(&user->largeWaits) && linkAlone(&user->heldWaits);
  if (isLast) linkRemove(&user->inTurns);
}

static struct connection *firstOf(struct link *waits) {
  return linkAlone(waits) ? NULL : linkOwner(waits->next, struct connection, inWait);
}

static void releaseHeld(struct gate *gate, struct user *user) {
  while (!linkAlone(&user->heldWaits) && !userIsFull(&gate->users, user)) {
    struct connection *connection = firstOf(&user->heldWaits);
    turnsLeave(connection);
    connectionExpectRest(connection, connection->stage == STAGE_BEGIN);
    connectionWatch(connection);
  }
}

// Serves all small reads that may go, and one large one.
static void serve(struct gate *gate, struct user *user) {
  struct connection *next;
  flightLand(user);
  while ((next = firstOf(&user->smallWaits)) != NULL) {
    if (!isSmall(next)) {
      // More has arrived since.
      linkRemove(&next->inWait);
      next->wait = WAIT_LARGE;
      linkAppend(&user->largeWaits, &next->inWait);
      continue;
    }
    if (!smallMayGo(next)) break;
    turnsLeave(next);
    linesRead(next);
  }
  next = firstOf(&user->largeWaits);
  if (next != NULL && largeMayGo(gate, user)) {
    turnsLeave(next);
    linesRead(next);
  }
  flightWatch(&gate->turns, user);
}

void turnsGive(struct gate *gate) {
  struct turns *turns = &gate->turns;
  if (!turns->areDue) return;
  turns->areDue = false;
  flightLandLarge(turns);
  struct link todo;
  linkInit(&todo);
  linkAppendAll(&todo, &turns->users);
  while (!linkAlone(&todo)) {
    struct user *user = linkOwner(todo.next, struct user, inTurns);
    linkRemove(&user->inTurns);
    linkAppend(&turns->users, &user->inTurns);
    releaseHeld(gate, user);
    serve(gate, user);
  }
}
