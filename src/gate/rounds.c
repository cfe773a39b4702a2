#include "rounds.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "connection.h"
#include "lines.h"
#include "log.h"
#include "report.h"

static void onRound(void *context, uint32_t events);

void roundsInit(struct rounds *rounds) {
  rounds->socket = -1;
  linkInit(&rounds->users);
  linkInit(&rounds->sent);
}

void roundsQueue(struct connection *connection) {
  struct user *user = connection->user;
  connection->stage = STAGE_QUEUED;
  linkAppend(&user->begins, &connection->inStage);
  if (linkAlone(&user->inRounds)) linkAppend(&connection->gate->rounds.users, &user->inRounds);
  connectionWatch(connection);
}

void roundsLeave(struct connection *connection) {
  struct user *user = connection->user;
  linkRemove(&connection->inStage);
  if (linkAlone(&user->begins)) linkRemove(&user->inRounds);
}

static void put(struct rounds *rounds, struct connection *connection) {
  char head[MAX_BEGIN_ENVELOPE_BYTES];
  int headBytes =
      snprintf(head, sizeof head, "<134>1 - - %u %d %u - ", connection->uid, connection->pid, connection->gid);
  size_t room = sizeof rounds->bytes - rounds->length;
  size_t octets = (size_t)headBytes + connection->jsonBytes;
  int written = snprintf(rounds->bytes + rounds->length, room, "%zu %s", octets, head);
  rounds->length += (size_t)written;
  memcpy(rounds->bytes + rounds->length, connection->held, connection->jsonBytes);
  rounds->length += connection->jsonBytes;
  connection->stage = STAGE_SENT;
  linkRemove(&connection->inStage);
  linkAppend(&rounds->sent, &connection->inStage);
}

static void throttle(struct gate *gate, struct user *user) {
  gate->rounds.areThrottled = true;
  if (user->isThrottled) return;
  user->isThrottled = true;
  gate->counters.values[COUNT_THROTTLED] += 1;
  if (!userIsNews(user, TALE_BEGINS, gate->nowMs)) return;
  logEvent(LOG_SAYS_WARNING, "uid %u begins more than %llu executions a second: the rest wait", user->uid,
           (unsigned long long)gate->users.beginsPerSecond);
}

// Puts BEGINs of one user into the round, as many as its share and its bucket allow.
static void putUser(struct gate *gate, struct user *user) {
  struct rounds *rounds = &gate->rounds;
  for (int i = 0; i < BEGINS_PER_ROUND && rounds->length < ROUND_BYTES && !linkAlone(&user->begins); i += 1) {
    if (!userTakeToken(&gate->users, user, gate->nowMs)) return throttle(gate, user);
    user->isThrottled = false;
    put(rounds, linkOwner(user->begins.next, struct connection, inStage));
  }
}

static void putReport(struct gate *gate) {
  struct rounds *rounds = &gate->rounds;
  char report[MAX_REPORT_BYTES];
  size_t octets = reportToRelay(gate, report);
  size_t room = sizeof rounds->bytes - rounds->length;
  int written = snprintf(rounds->bytes + rounds->length, room, "%zu %s", octets, report);
  rounds->length += (size_t)written;
}

// Fills the round, each user once: the next one continues where this one was full.
static void fill(struct gate *gate) {
  struct rounds *rounds = &gate->rounds;
  rounds->length = 0;
  rounds->sentBytes = 0;
  rounds->areThrottled = false;
  if (rounds->isReportDue) putReport(gate);
  rounds->isReportDue = false;
  struct link served;
  linkInit(&served);
  while (!linkAlone(&rounds->users) && rounds->length < ROUND_BYTES) {
    struct user *user = linkOwner(rounds->users.next, struct user, inRounds);
    linkRemove(&user->inRounds);
    putUser(gate, user);
    if (!linkAlone(&user->begins)) linkAppend(&served, &user->inRounds);
  }
  linkAppendAll(&rounds->users, &served);
}

static void endAllQueued(struct gate *gate) {
  struct link *users = &gate->rounds.users;
  while (!linkAlone(users)) {
    struct user *user = linkOwner(users->next, struct user, inRounds);
    connectionEnd(linkOwner(user->begins.next, struct connection, inStage), COUNT_LOST_RELAY);
  }
}

// Sends as much as the socket takes, then half-closes. False if the relay is gone.
static bool flush(struct gate *gate) {
  struct rounds *rounds = &gate->rounds;
  while (rounds->sentBytes < rounds->length) {
    const char *rest = rounds->bytes + rounds->sentBytes;
    ssize_t sent = send(rounds->socket, rest, rounds->length - rounds->sentBytes, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EAGAIN) {
      return pollerSet(&gate->poller, rounds->socket, EPOLLIN | EPOLLOUT, onRound, gate);
    }
    if (sent < 0) return false;
    rounds->sentBytes += (size_t)sent;
  }
  return shutdown(rounds->socket, SHUT_WR) == 0 && pollerSet(&gate->poller, rounds->socket, EPOLLIN, onRound, gate);
}

void roundsStart(struct gate *gate) {
  struct rounds *rounds = &gate->rounds;
  if (rounds->isUnderWay) return;
  fill(gate);
  if (rounds->length == 0) return;
  rounds->isUnderWay = true;
  rounds->socket = proofDial(gate, gate->relay.beginPath);
  if (rounds->socket < 0) {
    roundsDone(gate, false);
    return endAllQueued(gate);
  }
  rounds->epoch = gate->proof.epoch;
  gate->counters.values[COUNT_ROUNDS] += 1;
  if (!flush(gate)) roundsDone(gate, false);
}

static void onRound(void *context, uint32_t events) {
  struct gate *gate = context;
  struct rounds *rounds = &gate->rounds;
  enum relayWord word = events & (EPOLLIN | EPOLLHUP | EPOLLERR) ? relayRead(rounds->socket) : RELAY_SILENT;
  bool isWhole = rounds->sentBytes == rounds->length;
  if (word == RELAY_CLOSED && isWhole) {
    pollerClose(&gate->poller, &rounds->socket);
    return proofAwaitRound(gate, rounds->epoch);
  }
  if (word != RELAY_SILENT || (!isWhole && !flush(gate))) roundsDone(gate, false);
}

// Sends K, and reads on in its turn: lines may have arrived with BEGIN.
static void begin(struct connection *connection) {
  struct gate *gate = connection->gate;
  size_t rest = connection->heldBytes - connection->jsonBytes;
  gate->counters.values[COUNT_BEGUN] += 1;
  connectionSay(connection, 'K');
  connection->stage = STAGE_LINES;
  connection->epoch = gate->rounds.epoch;
  if (connectionKeep(connection, connection->held + connection->jsonBytes, rest, 0)) turnsRead(connection);
}

void roundsDone(struct gate *gate, bool isProven) {
  struct link done;
  linkInit(&done);
  linkAppendAll(&done, &gate->rounds.sent);
  gate->rounds.isUnderWay = false;
  turnsAnswered(&gate->turns);
  pollerClose(&gate->poller, &gate->rounds.socket);
  while (!linkAlone(&done)) {
    struct connection *connection = linkOwner(done.next, struct connection, inStage);
    linkRemove(&connection->inStage);
    if (isProven) begin(connection);
    else connectionEnd(connection, COUNT_LOST_RELAY);
  }
}
