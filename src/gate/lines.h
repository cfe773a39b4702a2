// Lines on their way: only whole frames of the connection's own execution go to the relay.
#ifndef MLGATE_LINES_H
#define MLGATE_LINES_H

#include <stdbool.h>
#include <stddef.h>

struct connection;

// Reads once from a client in STAGE_LINES whose turn it is, at most this many octets, and hands on its frames, with those
// that are held. May end the connection.
void linesRead(struct connection *connection, size_t room);

// Watches the relay's end of a connection. With `saysWhenRead`, the turns are due each time rsyslogd has read from it.
void linesWatchRelay(struct connection *connection, bool saysWhenRead);

#endif
