#include "flight.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "connection.h"
#include "lines.h"

size_t flightUnread(const struct connection *connection) {
  int bytes = 0;
  if (connection->relay < 0) return 0;
  if (connection->wholeBytes > 0) return READ_BYTES;
  if (ioctl(connection->relay, SIOCOUTQ, &bytes) != 0) return 0;
  // While the kernel signals room, one octet still counts (sock_wfree in net/core/sock.c).
  return bytes > 1 ? (size_t)bytes : 0;
}

void flightTake(struct connection *connection, size_t bytes) {
  struct user *user = connection->user;
  struct turns *turns = &connection->gate->turns;
  if (linkAlone(&connection->inFlight)) {
    linkAppend(&turns->flight, &connection->inFlight);
    user->inFlight += 1;
    turns->inFlight += 1;
  }
  bool isLarge = bytes > SMALL_BYTES || flightUnread(connection) > SMALL_BYTES;
  if (!isLarge || user->large != NULL) return;
  user->large = connection;
  turns->largeCount += 1;
}

void flightLeave(struct connection *connection) {
  struct user *user = connection->user;
  struct turns *turns = &connection->gate->turns;
  if (linkAlone(&connection->inFlight)) return;
  linkRemove(&connection->inFlight);
  user->inFlight -= 1;
  turns->inFlight -= 1;
  turns->areDue = true;
  if (user->large != connection) return;
  user->large = NULL;
  turns->largeCount -= 1;
}

void flightLand(struct turns *turns) {
  for (struct link *link = turns->flight.next, *next; link != &turns->flight; link = next) {
    next = link->next;
    struct connection *connection = linkOwner(link, struct connection, inFlight);
    if (flightUnread(connection) == 0) flightLeave(connection);
  }
}

void flightWatch(struct turns *turns) {
  for (struct link *link = turns->flight.next; link != &turns->flight; link = link->next) {
    linesWatchRelay(linkOwner(link, struct connection, inFlight), true);
  }
}
