#include "lines.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "connection.h"
#include "flight.h"
#include "frames.h"

static void onRelay(void *context, uint32_t events);

void linesWatchRelay(struct connection *connection, bool saysWhenRead) {
  bool wants = saysWhenRead || connection->wholeBytes > 0;
  // Edge-triggered: it fires each time rsyslogd has read (see turns.h), not whenever there is room.
  uint32_t events = wants ? EPOLLIN | EPOLLOUT | EPOLLET : EPOLLIN;
  if (!pollerSet(&connection->gate->poller, connection->relay, events, onRelay, connection)) {
    // Does not happen for a descriptor that is already watched.
    shutdown(connection->relay, SHUT_RDWR);
  }
}

// The client sends nothing more: half-closes the relay's connection once everything is sent.
static void finish(struct connection *connection) {
  if (!connection->hasEnded || connection->stage != STAGE_LINES || connection->wholeBytes > 0) return;
  if (connection->heldBytes > 0) return connectionRefuse(connection, COUNT_HALF_DONE, "it ended with half a frame");
  if (connection->relay < 0) {
    // Nothing arrived but BEGIN, and that is proven.
    connectionSay(connection, 'T');
    return connectionEnd(connection, COUNT_TAKEN_OVER);
  }
  if (shutdown(connection->relay, SHUT_WR) != 0) return connectionEnd(connection, COUNT_LOST_RELAY);
  connection->stage = STAGE_HALF_CLOSED;
  connectionWatch(connection);
}

// Connects to the relay, for the first lines of a connection. Also false if another rsyslogd is there than the one that
// took BEGIN: without a journal that BEGIN is gone, and a new connection brings it again.
static bool ensureRelay(struct connection *connection) {
  struct gate *gate = connection->gate;
  if (connection->relay >= 0) return true;
  connection->relay = proofDial(gate, gate->relay.linesPath);
  if (connection->relay < 0 || connection->epoch != gate->proof.epoch) return false;
  return pollerSet(&gate->poller, connection->relay, EPOLLIN, onRelay, connection);
}

// Sends as much as the socket takes. -1 if the relay is gone.
static ssize_t sendSome(struct connection *connection, const char *bytes, size_t length) {
  ssize_t sent = send(connection->relay, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0) return errno == EAGAIN || errno == EINTR ? 0 : -1;
  connection->gate->counters.values[COUNT_BYTES] += (uint64_t)sent;
  return sent;
}

// Hands on the whole frames among the first `length` octets of the gate's scratch; keeps the rest. May end the
// connection.
static void handOn(struct connection *connection, size_t length) {
  const char *bytes = connection->gate->scratch;
  ssize_t whole = scanFrames(&connection->name, bytes, length);
  if (whole == FRAMES_BAD_COUNT) return connectionRefuse(connection, COUNT_BAD_FRAME, "it sent an invalid frame");
  if (whole == FRAMES_FOREIGN) {
    return connectionRefuse(connection, COUNT_FOREIGN_FRAME, "a frame was not of the execution that had begun");
  }
  ssize_t sent = 0;
  if (whole > 0) {
    if (!ensureRelay(connection)) return connectionEnd(connection, COUNT_LOST_RELAY);
    sent = sendSome(connection, bytes, (size_t)whole);
    if (sent < 0) return connectionEnd(connection, COUNT_LOST_RELAY);
    connectionExpectRest(connection, false);
  }
  size_t rest = length - (size_t)sent, wholeRest = (size_t)(whole - sent);
  if (!connectionKeep(connection, bytes + sent, rest, wholeRest)) return;
  if (whole > 0) {
    connection->handedOnAt = connection->gate->turns.answers;
    flightTake(connection, (size_t)whole);
  }
  if (wholeRest > 0) linesWatchRelay(connection, turnsAnybodyWaits(connection->gate));
  connectionExpectRest(connection, rest > wholeRest && wholeRest == 0);
  connectionWatch(connection);
  finish(connection);
}

void linesRead(struct connection *connection, size_t room) {
  char *scratch = connection->gate->scratch;
  size_t had = connection->heldBytes;
  if (had > 0) memcpy(scratch, connection->held, had);
  bool hasFiles;
  ssize_t got = passedRead(&connection->gate->passed, connection->client, scratch + had, room, &hasFiles);
  if (hasFiles) return connectionRefuse(connection, COUNT_BAD_FRAME, "it passed files");
  bool isNothing = got < 0 && (errno == EAGAIN || errno == EINTR);
  if (got < 0 && !isNothing && had == 0) return connectionEnd(connection, COUNT_LEFT);
  connection->hasEnded = got == 0;
  handOn(connection, had + (got > 0 ? (size_t)got : 0));
}

// Sends frames that waited because the socket was full. False if the relay is gone.
static bool flush(struct connection *connection) {
  while (connection->wholeBytes > 0) {
    ssize_t sent = sendSome(connection, connection->held, connection->wholeBytes);
    if (sent < 0) return false;
    if (sent == 0) return true;
    connectionDrop(connection, (size_t)sent);
  }
  connectionExpectRest(connection, connection->heldBytes > 0);
  linesWatchRelay(connection, turnsAnybodyWaits(connection->gate));
  connectionWatch(connection);
  return true;
}

static void onRelay(void *context, uint32_t events) {
  struct connection *connection = context;
  struct gate *gate = connection->gate;
  if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
    enum relayWord word = relayRead(connection->relay);
    if (word == RELAY_CLOSED && connection->stage == STAGE_HALF_CLOSED) {
      flightLeave(connection);
      pollerClose(&gate->poller, &connection->relay);
      return proofAwait(connection);
    }
    if (word != RELAY_SILENT) return connectionEnd(connection, COUNT_LOST_RELAY);
  }
  if (!(events & EPOLLOUT)) return;
  gate->turns.areDue = true;
  if (connection->wholeBytes == 0) return linesWatchRelay(connection, turnsAnybodyWaits(gate));
  if (!flush(connection)) return connectionEnd(connection, COUNT_LOST_RELAY);
  finish(connection);
}
