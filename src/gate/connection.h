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
  // BEGIN is not whole yet.
  STAGE_BEGIN,
  // It waits for a round, is in the round that is under way.
  STAGE_QUEUED,
  STAGE_SENT,
  // K was said; lines pass.
  STAGE_LINES,
  // The client has half-closed, and so has the gate; rsyslogd's EOF must come.
  STAGE_HALF_CLOSED,
  // It came; the next proof, or the one under way, says whether it was rsyslogd's word.
  STAGE_UNPROVEN,
};

// What keeps it from being read, see turns.h: a small or a large read's turn, or the octets that its user holds.
enum wait { WAIT_NONE, WAIT_SMALL, WAIT_LARGE, WAIT_HELD };

struct connection {
  struct gate *gate;
  struct user *user;
  // Of the client's, by SO_PEERCRED.
  uid_t uid;
  pid_t pid;
  gid_t gid;
  // -1 when there is none.
  int client, relay;
  enum stage stage;
  enum wait wait;
  // The proof's epoch in which BEGIN was taken, and in which alone `relay` is connected.
  unsigned epoch;
  // The client sends nothing more.
  bool hasEnded;
  struct executionName name;

  // What was read and is not handed on: `wholeBytes` of whole frames that the relay's socket did not take yet, then the
  // start of another. Before K: BEGIN, and what follows it.
  char *held;
  size_t heldBytes, wholeBytes, jsonBytes;

  // In the list of its stage: the user's begins, the round's, the proof's.
  struct link inStage;
  // In the list of its wait; among its user's with octets that rsyslogd has not read.
  struct link inWait, inFlight;
  struct link inHalfDone;
  uint64_t halfDoneSinceMs;
};

// Takes a connection that was accepted, or closes it when it is over a limit.
void connectionAccept(struct gate *gate, int client);

// Ends it: without an answer, the client knows that nothing is certain (EOF without T). Frees it.
void connectionEnd(struct connection *connection, enum counter reason);

// The same when it had no right to go on, which is logged.
void connectionRefuse(struct connection *connection, enum counter reason, const char *why);

// Answers 'K' or 'T', if the client is still there.
void connectionSay(struct connection *connection, char answer);

// Keeps so many octets, of which `wholeBytes` are whole frames, and none of what was kept before. False when there is
// no memory: then the connection is ended and gone.
bool connectionKeep(struct connection *connection, const char *bytes, size_t length, size_t wholeBytes);

// Keeps all but the first octets, which were of whole frames.
void connectionDrop(struct connection *connection, size_t bytes);

// Watches the client for what its stage and turn wait for.
void connectionWatch(struct connection *connection);

// Starts or stops the time for the rest of a BEGIN or a frame. Starting again changes nothing.
void connectionExpectRest(struct connection *connection, bool expects);

// Ends those that did not complete their BEGIN or frame in time.
void connectionsSweep(struct gate *gate);

#endif
