// Lines in the relay's sockets that rsyslogd has not read yet (SIOCOUTQ, unix(7)).
#ifndef MLGATE_FLIGHT_H
#define MLGATE_FLIGHT_H

#include <stdbool.h>
#include <stddef.h>

struct connection;
struct turns;

// Octets of a connection that rsyslogd has not read, as the kernel charges them: slightly more than were sent.
size_t flightUnread(const struct connection *connection);

// Notes that the connection has handed this many octets to the relay.
void flightTake(struct connection *connection, size_t bytes);

// Takes out a connection that has nothing left in the relay.
void flightLeave(struct connection *connection);

// Removes connections whose octets rsyslogd has read meanwhile.
void flightLand(struct turns *turns);

// Makes the turns due when rsyslogd reads any of them.
void flightWatch(struct turns *turns);

#endif
