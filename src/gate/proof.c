#include "proof.h"

#include <sys/socket.h>

#include "connection.h"

static void onCurrent(void *context, uint32_t events);

void proofInit(struct proof *proof) {
  proof->current = -1;
  proof->next = -1;
  linkInit(&proof->waiting);
  linkInit(&proof->proving);
}

// Connects P if there is none: an epoch begins.
static bool ensureCurrent(struct gate *gate) {
  struct proof *proof = &gate->proof;
  if (proof->current >= 0) return true;
  proof->current = relayDial(&gate->relay, gate->relay.linesPath, &proof->process, gate->nowMs);
  if (proof->current < 0) return false;
  proof->epoch += 1;
  if (pollerSet(&gate->poller, proof->current, EPOLLIN, onCurrent, gate)) return true;
  pollerClose(&gate->poller, &proof->current);
  return false;
}

static void answer(struct link *list, bool isProven, unsigned epoch) {
  while (!linkAlone(list)) {
    struct connection *connection = linkOwner(list->next, struct connection, inStage);
    bool isTaken = isProven && connection->epoch == epoch;
    if (isTaken) connectionSay(connection, 'T');
    connectionEnd(connection, isTaken ? COUNT_TAKEN_OVER : COUNT_UNPROVEN);
  }
}

// The current proof succeeded or failed. Connections added since wait for the next one, or are lost with this epoch.
static void settle(struct gate *gate, bool isProven) {
  struct proof *proof = &gate->proof;
  unsigned epoch = proof->epoch;
  bool forRound = proof->roundIsProven || (!isProven && proof->roundWaits);
  proof->isUnderWay = false;
  proof->roundIsProven = false;
  turnsAnswered(&gate->turns);
  pollerClose(&gate->poller, &proof->current);
  if (isProven) {
    proof->current = proof->next;
    proof->next = -1;
    if (!pollerSet(&gate->poller, proof->current, EPOLLIN, onCurrent, gate)) {
      pollerClose(&gate->poller, &proof->current);
    }
  } else {
    pollerClose(&gate->poller, &proof->next);
    proof->roundWaits = false;
  }
  answer(&proof->proving, isProven, epoch);
  if (!isProven) answer(&proof->waiting, false, epoch);
  if (forRound) roundsDone(gate, isProven);
}

static void onCurrent(void *context, uint32_t events) {
  struct gate *gate = context;
  (void)events;
  enum relayWord word = relayRead(gate->proof.current);
  if (word == RELAY_SILENT) return;
  settle(gate, word == RELAY_CLOSED && gate->proof.isUnderWay);
}

// Nothing arrives on P' before it becomes P, so rsyslogd ended, or refused it. P notices as well.
static void onNext(void *context, uint32_t events) {
  struct gate *gate = context;
  (void)events;
  if (relayRead(gate->proof.next) != RELAY_SILENT) settle(gate, false);
}

int proofDial(struct gate *gate, const char *path) {
  // Tries twice: another rsyslogd may be listening by now, and begins a new epoch.
  for (int attempt = 0; attempt < 2 && ensureCurrent(gate); attempt += 1) {
    pid_t process;
    int descriptor = relayDial(&gate->relay, path, &process, gate->nowMs);
    if (descriptor < 0 || process == gate->proof.process) return descriptor;
    pollerClose(&gate->poller, &descriptor);
    settle(gate, false);
  }
  return -1;
}

void proofAwait(struct connection *connection) {
  connection->stage = STAGE_UNPROVEN;
  linkAppend(&connection->gate->proof.waiting, &connection->inStage);
}

void proofAwaitRound(struct gate *gate, unsigned epoch) {
  if (epoch == gate->proof.epoch && gate->proof.current >= 0) gate->proof.roundWaits = true;
  else roundsDone(gate, false);
}

static bool start(struct gate *gate) {
  struct proof *proof = &gate->proof;
  if (proof->current < 0) return false;
  pid_t process;
  proof->next = relayDial(&gate->relay, gate->relay.linesPath, &process, gate->nowMs);
  if (proof->next < 0 || process != proof->process) return false;
  if (!pollerSet(&gate->poller, proof->next, EPOLLIN, onNext, gate)) return false;
  return send(proof->current, "1", 1, MSG_NOSIGNAL) == 1 && shutdown(proof->current, SHUT_WR) == 0;
}

void proofStart(struct gate *gate) {
  struct proof *proof = &gate->proof;
  if (proof->isUnderWay || (linkAlone(&proof->waiting) && !proof->roundWaits)) return;
  if (!start(gate)) return settle(gate, false);
  proof->isUnderWay = true;
  gate->counters.values[COUNT_PROOFS] += 1;
  linkAppendAll(&proof->proving, &proof->waiting);
  proof->roundIsProven = proof->roundWaits;
  proof->roundWaits = false;
}
