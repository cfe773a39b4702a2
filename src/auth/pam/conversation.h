#pragma once

#include <security/pam_appl.h>

// The conversation function of pam_conv(3). Sends each message of a module to the other end of the channel, in order;
// each prompt waits for one reply. PAM_CONV_ERR if the other end has gone, or the module asks without end.
// `data` (appdata_ptr) is an int, 0 at first: the prompts of this login.
int converse(int count, const struct pam_message **messages, struct pam_response **responses, void *data);
