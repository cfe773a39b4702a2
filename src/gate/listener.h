// The socket for mlrun.
#ifndef MLGATE_LISTENER_H
#define MLGATE_LISTENER_H

#include <stdbool.h>

// Whether systemd handed a socket to this very process: sd_listen_fds(3).
bool listenerIsInherited(void);

// The one that systemd holds, not blocking; -1 when it is no listening unix stream socket, which is logged.
int listenerInherit(void);

// A new one for everybody (mode 0666). -1 when it cannot be made, which is logged.
int listenerBind(const char *path);

#endif
