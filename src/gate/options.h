// The command line.
#ifndef MLGATE_OPTIONS_H
#define MLGATE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct options {
  // NULL if systemd holds the socket.
  const char *listenPath;
  const char *linesPath, *beginPath;
  // NULL: no metrics file.
  const char *metricsPath;
  size_t connectionsPerUser, beginsPerSecond;
  // Time for the rest of a BEGIN or of a frame.
  size_t restWithinMs;
};

// Reads the command line, or ends the process: with 0 after --help and --version, with 2 after a mistake.
struct options optionsRead(int count, char **words, bool hasSocket);

#endif
