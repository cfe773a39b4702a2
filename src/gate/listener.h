// The socket for mlrun.
#ifndef MLGATE_LISTENER_H
#define MLGATE_LISTENER_H

#include <stdbool.h>

// Whether systemd passed a socket to this very process: sd_listen_fds(3).
bool listenerIsInherited(void);

// The socket held by systemd, non-blocking; -1 if it is not a listening unix stream socket, which is logged.
int listenerInherit(void);

// Creates the socket, for everybody (mode 0666). -1 on failure, which is logged.
int listenerBind(const char *path);

#endif
