// mlpam: asks PAM about one user, for `mlcollector auth`. Each question gets its own process: a module that hangs,
// leaks or crashes affects no other login.
//
// It uses descriptor 3, a socket, because modules may print anything. In: service, user, address of the user (or
// empty), "login" or "account". Then one reply for each prompt. Out:
//
//     P text   a prompt whose reply must not be shown    E text   one whose reply may be
//     I text   a message, no reply                       A uid    accepted, of the user with this uid
//     D text   denied                                    U text   PAM cannot tell
//
// The last message is A, D or U. "account" asks for no password: whether this user may log in (account rules).
// Exit status: 0 after an answer, 1 without one.
#include <pwd.h>
#include <security/pam_appl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "channel.h"
#include "conversation.h"

enum { CHANNEL_FD = 3 };

// The collector delays every refusal equally: a delay here would only hold a place in the queue.
static void noDelay(int status, unsigned microseconds, void *data) {
  (void)status;
  (void)microseconds;
  (void)data;
}

// Keeps passwords out of core files and debuggers, and leaves no orphan hanging in a module.
static bool harden(void) {
  const struct rlimit none = {0, 0};
  return setrlimit(RLIMIT_CORE, &none) == 0 && prctl(PR_SET_DUMPABLE, 0) == 0 &&
         prctl(PR_SET_PDEATHSIG, SIGKILL) == 0;
}

// Whether a status is about PAM, its modules or their databases rather than the user.
static bool cannotTell(int status) {
  switch (status) {
    case PAM_OPEN_ERR:
    case PAM_SYMBOL_ERR:
    case PAM_SERVICE_ERR:
    case PAM_SYSTEM_ERR:
    case PAM_BUF_ERR:
    case PAM_AUTHINFO_UNAVAIL:
    case PAM_ABORT:
    case PAM_MODULE_UNKNOWN:
      return true;
    default:
      return false;
  }
}

static int ask(pam_handle_t *pam, const char *address, const char *what) {
  int status = pam_set_item(pam, PAM_FAIL_DELAY, (const void *)noDelay);
  if (status == PAM_SUCCESS && *address != '\0') status = pam_set_item(pam, PAM_RHOST, address);
  if (status == PAM_SUCCESS && strcmp(what, "login") == 0) {
    status = pam_authenticate(pam, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
  }
  return status == PAM_SUCCESS ? pam_acct_mgmt(pam, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK) : status;
}

// Modules may have mapped the user to another one.
static bool sendAccepted(pam_handle_t *pam) {
  const void *user = NULL;
  if (pam_get_item(pam, PAM_USER, &user) != PAM_SUCCESS || user == NULL) return sendMessage('U', "no user");
  const struct passwd *entry = getpwnam(user);
  if (entry == NULL) return sendMessage('U', "PAM accepted a user whom the user database does not have");
  char uid[16];
  snprintf(uid, sizeof uid, "%u", (unsigned)entry->pw_uid);
  return sendMessage('A', uid);
}

int main(void) {
  char service[MAX_MESSAGE], user[MAX_MESSAGE], address[MAX_MESSAGE], what[MAX_MESSAGE];
  if (!openChannel(CHANNEL_FD) || !harden()) return 1;
  if (!receiveMessage(service) || !receiveMessage(user) || !receiveMessage(address) || !receiveMessage(what)) {
    return 1;
  }
  int prompts = 0;
  const struct pam_conv conversation = {.conv = converse, .appdata_ptr = &prompts};
  pam_handle_t *pam = NULL;
  int status = pam_start(service, user, &conversation, &pam);
  if (status != PAM_SUCCESS || pam == NULL) return sendMessage('U', "pam_start failed") ? 0 : 1;
  status = ask(pam, address, what);
  bool sent = status == PAM_SUCCESS ? sendAccepted(pam)
                                    : sendMessage(cannotTell(status) ? 'U' : 'D', pam_strerror(pam, status));
  pam_end(pam, status);
  return sent ? 0 : 1;
}
