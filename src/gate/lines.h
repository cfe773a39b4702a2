// Lines on their way: only whole frames of the connection's own execution go to the relay.
#ifndef MLGATE_LINES_H
#define MLGATE_LINES_H

#include <stdbool.h>
#include <stddef.h>

struct connection;

// Reads once from a client in STAGE_LINES whose turn it is, and hands its frames on. May end the connection.
void linesRead(struct connection *connection);

// Hands on the whole frames among the first `length` octets of the gate's scratch; keeps the rest. May end the
// connection.
void linesHandOn(struct connection *connection, size_t length);

// Watches the relay's end of a connection. With `saysWhenRead`, the turns are due each time rsyslogd has read from it.
void linesWatchRelay(struct connection *connection, bool saysWhenRead);

#endif
