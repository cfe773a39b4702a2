#include "connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "flight.h"
#include "lines.h"
#include "log.h"

static void onClient(void *context, uint32_t events);
static void readBegin(struct connection *connection);

static struct connection *newConnection(struct gate *gate, struct user *user, int client) {
  struct connection *connection = calloc(1, sizeof *connection);
  if (connection == NULL) return NULL;
  connection->gate = gate;
  connection->user = user;
  connection->client = client;
  connection->relay = -1;
  linkInit(&connection->inStage);
  linkInit(&connection->inWait);
  linkInit(&connection->inFlight);
  linkInit(&connection->inHalfDone);
  return connection;
}

// `hasEnded`: everything that the client sent has been read.
static void closeClient(struct gate *gate, int client, bool hasEnded) {
  if (hasEnded || !passedCollects(&gate->passed, client)) return pollerClose(&gate->poller, &client);
  if ((size_t)client < gate->poller.size) pollerForget(&gate->poller, client);
}

// The limit that one more connection of this user would exceed, or COUNT_ACCEPTED.
static enum counter limitFor(struct gate *gate, struct user *user) {
  if (user == NULL) return COUNT_REFUSED_USERS;
  if (user->connections >= gate->connectionsPerUser) {
    if (userIsNews(user, TALE_CONNECTIONS, gate->nowMs)) {
      logEvent(LOG_SAYS_WARNING, "uid %u has %zu connections, its limit: more are refused", user->uid,
               user->connections);
    }
    return COUNT_REFUSED_USER;
  }
  return gate->users.connections >= gate->allConnections ? COUNT_REFUSED_ALL : COUNT_ACCEPTED;
}

// Whether the client has already closed the connection: a user who does that without pause should cost little.
static bool isGone(int client) {
  char octet;
  return recv(client, &octet, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

// Keeps out-of-band octets in the stream, with the files that they carry. Otherwise the kernel drops both when the next
// one arrives.
static bool setInline(int client) {
  int yes = 1;
  return setsockopt(client, SOL_SOCKET, SO_OOBINLINE, &yes, sizeof yes) == 0;
}

void connectionAccept(struct gate *gate, int client) {
  if (isGone(client)) {
    gate->counters.values[COUNT_ACCEPTED] += 1;
    gate->counters.values[COUNT_LEFT] += 1;
    return pollerClose(&gate->poller, &client);
  }
  struct ucred credentials = {.uid = (uid_t)-1};
  socklen_t length = sizeof credentials;
  // The effective uid at connect(2), see unix(7): a set-uid program counts as the user that it became.
  int known = getsockopt(client, SOL_SOCKET, SO_PEERCRED, &credentials, &length);
  uid_t share = subordinatesShareOf(&gate->subordinates, credentials.uid);
  struct user *user = known == 0 ? usersFind(&gate->users, share, gate->nowMs) : NULL;
  enum counter limit = limitFor(gate, user);
  struct connection *connection = limit == COUNT_ACCEPTED ? newConnection(gate, user, client) : NULL;
  if (connection == NULL || !setInline(client) ||
      !pollerSet(&gate->poller, client, EPOLLIN, onClient, connection)) {
    gate->counters.values[limit == COUNT_ACCEPTED ? COUNT_REFUSED_ALL : limit] += 1;
    free(connection);
    closeClient(gate, client, false);
    return;
  }
  connection->uid = credentials.uid;
  connection->pid = credentials.pid;
  connection->gid = credentials.gid;
  user->connections += 1;
  gate->users.connections += 1;
  gate->counters.values[COUNT_ACCEPTED] += 1;
  connectionExpectRest(connection, true);
  // mlrun writes its BEGIN at once, so it may be there already.
  if (turnsMayHold(connection)) readBegin(connection);
}

static void charge(struct connection *connection, size_t heldBytes) {
  struct user *user = connection->user;
  struct users *users = &connection->gate->users;
  if (heldBytes < connection->heldBytes) connection->gate->turns.areDue = true;
  user->heldBytes += heldBytes - connection->heldBytes;
  users->heldBytes += heldBytes - connection->heldBytes;
  connection->heldBytes = heldBytes;
}

void connectionEnd(struct connection *connection, enum counter reason) {
  struct gate *gate = connection->gate;
  gate->counters.values[reason] += 1;
  turnsLeave(connection);
  flightLeave(connection);
  roundsLeave(connection);
  linkRemove(&connection->inHalfDone);
  charge(connection, 0);
  free(connection->held);
  closeClient(gate, connection->client, connection->hasEnded);
  pollerClose(&gate->poller, &connection->relay);
  connection->user->connections -= 1;
  gate->users.connections -= 1;
  free(connection);
}

void connectionRefuse(struct connection *connection, enum counter reason, const char *why) {
  struct user *user = connection->user;
  if (userIsNews(user, TALE_BAD, connection->gate->nowMs)) {
    logEvent(LOG_SAYS_INFO, "connection of uid %u (pid %d) ended: %s", connection->uid, connection->pid, why);
  }
  connectionEnd(connection, reason);
}

void connectionSay(struct connection *connection, char answer) {
  // Two octets in all, so there is always room. A client that has gone needs no answer.
  ssize_t sent = send(connection->client, &answer, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
  (void)sent;
}

bool connectionKeep(struct connection *connection, const char *bytes, size_t length, size_t wholeBytes) {
  char *kept = NULL;
  if (length > 0) {
    kept = malloc(length);
    if (kept == NULL) {
      connectionEnd(connection, COUNT_REFUSED_ALL);
      return false;
    }
    memcpy(kept, bytes, length);
  }
  free(connection->held);
  connection->held = kept;
  connection->wholeBytes = wholeBytes;
  charge(connection, length);
  return true;
}

void connectionDrop(struct connection *connection, size_t bytes) {
  size_t length = connection->heldBytes - bytes;
  connection->wholeBytes -= bytes;
  if (length == 0) {
    free(connection->held);
    connection->held = NULL;
  } else {
    memmove(connection->held, connection->held + bytes, length);
    // Shrinking may fail: then the larger block stays.
    char *smaller = realloc(connection->held, length);
    if (smaller != NULL) connection->held = smaller;
  }
  charge(connection, length);
}

void connectionWatch(struct connection *connection) {
  bool isRead = connection->stage == STAGE_BEGIN || connection->stage == STAGE_LINES;
  bool wants = isRead && connection->wait == WAIT_NONE && !connection->hasEnded && connection->wholeBytes == 0;
  struct gate *gate = connection->gate;
  if (pollerSet(&gate->poller, connection->client, wants ? EPOLLIN : 0, onClient, connection)) return;
  // No false T was sent, so every client sends again.
  logEvent(LOG_SAYS_ERROR, "cannot watch a connection: %s", strerror(errno));
  exit(EXIT_FAILURE);
}

void connectionExpectRest(struct connection *connection, bool expects) {
  if (!expects) return linkRemove(&connection->inHalfDone);
  if (!linkAlone(&connection->inHalfDone)) return;
  connection->halfDoneSinceMs = connection->gate->nowMs;
  linkAppend(&connection->gate->halfDone, &connection->inHalfDone);
}

void connectionsSweep(struct gate *gate) {
  while (!linkAlone(&gate->halfDone)) {
    struct connection *oldest = linkOwner(gate->halfDone.next, struct connection, inHalfDone);
    if (gate->nowMs - oldest->halfDoneSinceMs < gate->restWithinMs) return;
    connectionRefuse(oldest, COUNT_HALF_DONE, "half a BEGIN or half a frame, without the rest in time");
  }
}

static void readBegin(struct connection *connection) {
  struct gate *gate = connection->gate;
  size_t had = connection->heldBytes;
  if (had > 0) memcpy(gate->scratch, connection->held, had);
  bool hasFiles;
  ssize_t got =
      passedRead(&gate->passed, connection->client, gate->scratch + had, MAX_BEGIN_READ_BYTES - had, &hasFiles);
  if (hasFiles) return connectionRefuse(connection, COUNT_BAD_BEGIN, "it passed files");
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  connection->hasEnded = got == 0;
  if (got == 0 && had == 0) return connectionEnd(connection, COUNT_LEFT);
  if (got <= 0) return connectionRefuse(connection, COUNT_HALF_DONE, "half a BEGIN");
  size_t length = had + (size_t)got;
  struct begin begin;
  switch (parseBegin(gate->scratch, length, &begin)) {
    case BEGIN_BAD_HEAD:
      return connectionRefuse(connection, COUNT_BAD_BEGIN, "it did not start with a BEGIN");
    case BEGIN_BAD_JSON:
      return connectionRefuse(connection, COUNT_BAD_JSON, "its BEGIN was not a JSON object with this x and k");
    case BEGIN_MORE:
      connectionKeep(connection, gate->scratch, length, 0);
      return;
    case BEGIN_WHOLE:
      connection->name = begin.name;
      connection->jsonBytes = begin.jsonBytes;
      if (!connectionKeep(connection, gate->scratch + begin.headBytes, length - begin.headBytes, 0)) return;
      connectionExpectRest(connection, false);
      return roundsQueue(connection);
  }
}

static void onClient(void *context, uint32_t events) {
  struct connection *connection = context;
  if (events & EPOLLIN) {
    if (connection->stage == STAGE_BEGIN && turnsMayHold(connection)) return readBegin(connection);
    if (connection->stage == STAGE_LINES) turnsRead(connection);
    return;
  }
  // The client has gone. The lines that it handed over still go on.
  if (connection->stage == STAGE_LINES) return pollerForget(&connection->gate->poller, connection->client);
  connectionEnd(connection, COUNT_LEFT);
}
