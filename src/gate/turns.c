#include "turns.h"

#include <sys/ioctl.h>

#include "connection.h"
#include "flight.h"
#include "lines.h"
#include "log.h"

void turnsInit(struct turns *turns) {
  linkInit(&turns->users);
  linkInit(&turns->flight);
  turns->answers = 1;
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
  if (wait == WAIT_SMALL) connection->gate->turns.smallWaits += 1;
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
    logEvent(LOG_SAYS_WARNING, "uid %u has %zu octets waiting here, its limit: further reads wait",
             user->uid, user->heldBytes);
  }
  gate->counters.values[COUNT_WAITED_HELD] += 1;
  await(connection, WAIT_HELD, &user->heldWaits);
  return false;
}

void turnsAnswered(struct turns *turns) {
  turns->answers += 1;
  turns->areDue = true;
}

static bool isAnswerAwaited(const struct gate *gate) {
  return gate->rounds.isUnderWay || gate->proof.isUnderWay;
}

// Whether the connection has handed on as much as it may before the relay's next answer.
static bool isPaced(const struct connection *connection) {
  return isAnswerAwaited(connection->gate) && connection->handedOnAt == connection->gate->turns.answers;
}

// Whether the connection may have a small read: its user and all users together are below their limits, not counting
// the connection itself.
static bool smallMayGo(const struct connection *connection) {
  const struct turns *turns = &connection->gate->turns;
  size_t own = linkAlone(&connection->inFlight) ? 0 : 1;
  bool isRoom = turns->inFlight - turns->largeCount < ALL_SMALL_CONNECTIONS + own;
  return isRoom && connection->user->inFlight - own < SMALL_CONNECTIONS && !isPaced(connection);
}

static bool largeMayGo(const struct connection *connection) {
  return connection->user->large == NULL && connection->gate->turns.largeCount < LARGE_USERS && !isPaced(connection);
}

void turnsRead(struct connection *connection) {
  struct gate *gate = connection->gate;
  struct user *user = connection->user;
  if (!turnsMayHold(connection)) return;
  flightLand(&gate->turns);
  bool small = isSmall(connection);
  if (small && gate->turns.smallWaits == 0 && smallMayGo(connection)) return linesRead(connection, SMALL_BYTES);
  if (!small && !turnsAnybodyWaits(gate)) {
    // If nobody waits, more may follow before it is empty.
    bool goesOn = user->large == connection && !isAnswerAwaited(gate);
    if (goesOn || largeMayGo(connection)) return linesRead(connection, READ_BYTES);
  }
  gate->counters.values[COUNT_WAITED_TURN] += 1;
  if (small) await(connection, WAIT_SMALL, &user->smallWaits);
  else await(connection, WAIT_LARGE, &user->largeWaits);
  flightWatch(&gate->turns);
  gate->turns.areDue = true;
}

void turnsLeave(struct connection *connection) {
  struct user *user = connection->user;
  if (connection->wait == WAIT_SMALL) connection->gate->turns.smallWaits -= 1;
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

// Serves all small reads that may go, and one large one. False if none may.
static bool serve(struct gate *gate, struct user *user) {
  struct connection *next;
  bool isServed = false;
  flightLand(&gate->turns);
  while ((next = firstOf(&user->smallWaits)) != NULL) {
    if (!isSmall(next)) {
      // More has arrived since.
      turnsLeave(next);
      await(next, WAIT_LARGE, &user->largeWaits);
      continue;
    }
    if (!smallMayGo(next)) break;
    turnsLeave(next);
    linesRead(next, SMALL_BYTES);
    isServed = true;
  }
  next = firstOf(&user->largeWaits);
  if (next == NULL || !largeMayGo(next)) return isServed;
  turnsLeave(next);
  linesRead(next, READ_BYTES);
  return true;
}

void turnsGive(struct gate *gate) {
  struct turns *turns = &gate->turns;
  if (!turns->areDue) return;
  turns->areDue = false;
  struct link todo, served;
  linkInit(&todo);
  linkInit(&served);
  linkAppendAll(&todo, &turns->users);
  while (!linkAlone(&todo)) {
    struct user *user = linkOwner(todo.next, struct user, inTurns);
    linkRemove(&user->inTurns);
    linkAppend(&turns->users, &user->inTurns);
    releaseHeld(gate, user);
    // Users who got nothing come first next time.
    if (!serve(gate, user) || linkAlone(&user->inTurns)) continue;
    linkRemove(&user->inTurns);
    linkAppend(&served, &user->inTurns);
  }
  linkAppendAll(&turns->users, &served);
  if (turnsAnybodyWaits(gate)) flightWatch(turns);
}
