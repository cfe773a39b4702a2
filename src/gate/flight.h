// What of each user's lines is in the relay's sockets and not read by rsyslogd yet (SIOCOUTQ, unix(7)).
#ifndef MLGATE_FLIGHT_H
#define MLGATE_FLIGHT_H

#include <stdbool.h>
#include <stddef.h>

struct connection;
struct turns;
struct user;

// The octets of a connection that rsyslogd has not read, as the kernel charges them: somewhat more than were sent.
size_t flightUnread(const struct connection *connection);

// So many octets were handed to the relay.
void flightTake(struct connection *connection, size_t bytes);

// The connection has nothing in the relay any more.
void flightLeave(struct connection *connection);

// Takes out what rsyslogd has read meanwhile: of a user, of all users that have a large one.
void flightLand(struct user *user);
void flightLandLarge(struct turns *turns);

// Has the turns looked at when rsyslogd reads from what is in this user's way.
void flightWatch(struct turns *turns, struct user *user);

#endif
