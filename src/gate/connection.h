// One mlrun at the gate, with the connection to the relay that carries its lines.
#ifndef MLGATE_CONNECTION_H
#define MLGATE_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "begin.h"
#include "gate.h"
#include "link.h"

// From top to bottom; each may end without the next.
enum stage {
  // BEGIN is incomplete.
  STAGE_BEGIN,
  // Waits for a round, or is in the current round.
  STAGE_QUEUED,
  STAGE_SENT,
  // K was sent; lines pass.
  STAGE_LINES,
  // The client has half-closed, and so has the gate; waits for rsyslogd's EOF.
  STAGE_HALF_CLOSED,
  // rsyslogd's EOF arrived; the next proof, or the current one, shows whether rsyslogd itself sent it.
  STAGE_UNPROVEN,
};

// Why a connection is not read (see turns.h): it waits for a turn for a small or a large read, or its user holds too
// many octets.
enum wait { WAIT_NONE, WAIT_SMALL, WAIT_LARGE, WAIT_HELD };

struct connection {
  struct gate *gate;
  struct user *user;
  // Of the client at connect(2), by SO_PEERCRED.
  uid_t uid;
  pid_t pid;
  gid_t gid;
  // Sockets; -1 if there is none.
  int client, relay;
  enum stage stage;
  enum wait wait;
  // The proof's epoch in which BEGIN was taken; `relay` may be connected only in the same one.
  unsigned epoch;
  // The client sends nothing more.
  bool hasEnded;
  struct executionName name;

  // Octets read and not yet handed on: `wholeBytes` of whole frames that the relay's socket has not taken, then the
  // start of another. Before K: BEGIN, and everything after it.
  char *held;
  size_t heldBytes, wholeBytes, jsonBytes;

  // Link in the list of its stage: the user's begins, the round's, the proof's.
  struct link inStage;
  // Link in the list of its wait, and link among the connections with octets that rsyslogd has not read.
  struct link inWait, inFlight;
  // The relay's count of answers when octets were last handed on: see turns.h.
  uint64_t handedOnAt;
  struct link inHalfDone;
  uint64_t halfDoneSinceMs;
};

// Takes an accepted connection, or closes it if it exceeds a limit.
void connectionAccept(struct gate *gate, int client);

// Ends and frees it: without an answer, the client knows that nothing is certain (EOF without T).
void connectionEnd(struct connection *connection, enum counter reason);

// Ends a connection that broke a rule, and logs it.
void connectionRefuse(struct connection *connection, enum counter reason, const char *why);

// Answers 'K' or 'T', if the client is still there.
void connectionSay(struct connection *connection, char answer);

// Keeps this many octets, of which `wholeBytes` are whole frames, in place of those kept before. False if memory runs
// out: then the connection is ended and gone.
bool connectionKeep(struct connection *connection, const char *bytes, size_t length, size_t wholeBytes);

// Keeps all but the first octets, which were whole frames.
void connectionDrop(struct connection *connection, size_t bytes);

// Watches the client for the events that its stage and turn need.
void connectionWatch(struct connection *connection);

// Starts or stops the time limit for the rest of a BEGIN or a frame. Starting again changes nothing.
void connectionExpectRest(struct connection *connection, bool expects);

// Ends connections that did not complete their BEGIN or frame in time.
void connectionsSweep(struct gate *gate);

#endif
