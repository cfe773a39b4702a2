#include "conversation.h"

#include <stdlib.h>
#include <string.h>

#include "channel.h"

// Most prompts in one login, for any modules: more is a loop.
enum { MAX_PROMPTS = 16 };

// Modules free their responses with free(3).
static void freeResponses(struct pam_response *responses, int count) {
  for (int i = 0; i < count; i += 1) {
    if (responses[i].resp == NULL) continue;
    explicit_bzero(responses[i].resp, strlen(responses[i].resp));
    free(responses[i].resp);
  }
  free(responses);
}

// False if there is no reply.
static bool ask(char kind, const char *prompt, struct pam_response *response, int *prompts) {
  *prompts += 1;
  char reply[MAX_MESSAGE];
  if (*prompts > MAX_PROMPTS || !sendMessage(kind, prompt) || !receiveMessage(reply)) return false;
  response->resp = strdup(reply);
  explicit_bzero(reply, sizeof reply);
  return response->resp != NULL;
}

static bool answer(const struct pam_message *message, struct pam_response *response, int *prompts) {
  switch (message->msg_style) {
    case PAM_PROMPT_ECHO_OFF:
      return ask('P', message->msg, response, prompts);
    case PAM_PROMPT_ECHO_ON:
      return ask('E', message->msg, response, prompts);
    case PAM_TEXT_INFO:
    case PAM_ERROR_MSG:
      return sendMessage('I', message->msg);
    default:
      return false;
  }
}

int converse(int count, const struct pam_message **messages, struct pam_response **responses, void *data) {
  if (count <= 0 || count > PAM_MAX_NUM_MSG) return PAM_CONV_ERR;
  struct pam_response *replies = calloc((size_t)count, sizeof *replies);
  if (replies == NULL) return PAM_BUF_ERR;
  for (int i = 0; i < count; i += 1) {
    if (answer(messages[i], &replies[i], data)) continue;
    freeResponses(replies, count);
    return PAM_CONV_ERR;
  }
  *responses = replies;
  return PAM_SUCCESS;
}
