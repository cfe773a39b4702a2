#pragma once

#include <stdbool.h>
#include <stddef.h>

// The socket to the process that asks: messages end with a NUL, both ways. Those from mlpam begin with a letter for
// their kind (main.c lists them).

// One message, including its NUL. PAM allows 512 for a prompt and for a reply (PAM_MAX_MSG_SIZE, PAM_MAX_RESP_SIZE).
enum { MAX_MESSAGE = 512 };

// Takes over the descriptor; programs that modules start do not inherit it. False if it is not open.
bool openChannel(int fd);

// Writes one message; text beyond MAX_MESSAGE is cut. False if the other end has gone.
bool sendMessage(char kind, const char *text);

// Reads one message into `text` of MAX_MESSAGE octets. False at the end, and for a message that is too long.
bool receiveMessage(char *text);
