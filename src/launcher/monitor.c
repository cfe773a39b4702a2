#include "monitor.h"
#include "descriptors.h"
#include "notes.h"
#include "signals.h"
#include <errno.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/** State of the monitor's process. */
struct session {
  pid_t command;
  /** The group that gets the terminal's keys while mlrun gets those of its own terminal. */
  pid_t foreground;
  const struct terminal *terminal;
  int notes;
  struct signal_source signals;
};

static void take_command(struct session *session) {
  int status;
  while (waitpid(session->command, &status, WNOHANG | WUNTRACED) > 0) {
    if (!WIFSTOPPED(status)) {
      send_note(session->notes, NOTE_ENDED, (uint32_t)status);
      _exit(0);
    }
    // A key's echo follows its signal. The kernel has written it before it answers whether there is input (n_tty_poll).
    poll(&(struct pollfd){session->terminal->slave, POLLIN, 0}, 1, 0);
    send_note(session->notes, NOTE_STOPPED, (uint32_t)WSTOPSIG(status));
  }
}

/**
 * While mlrun is in the background, keys go to this process's group, which reads none: a command that reads stops. And
 * mlrun's own terminal is not raw then, so it adds the carriage returns itself.
 */
static void change_ground(struct session *session, bool is_in_foreground) {
  pid_t group = tcgetpgrp(session->terminal->slave);
  if (is_in_foreground != (group == getpgrp())) return;
  if (!is_in_foreground) session->foreground = group;
  tcsetpgrp(session->terminal->slave, is_in_foreground ? session->foreground : getpgrp());
  return_carriages(session->terminal, is_in_foreground);
}

static void take_orders(struct session *session) {
  struct note note;
  enum note_result result = take_note(session->notes, &note);
  for (; result == NOTE_GOT; result = take_note(session->notes, &note)) {
    if (note.kind == NOTE_SIGNAL) kill(session->command, (int)note.value);
    if (note.kind == NOTE_GROUP_SIGNAL) kill(-session->command, (int)note.value);
    if (note.kind != NOTE_CONTINUE) continue;
    change_ground(session, note.value != 0);
    kill(-session->command, SIGCONT);
  }
  if (result == NOTE_CLOSED) _exit(1);
}

static void take_signal(struct session *session, const struct taken_signal *taken) {
  if (taken->number == SIGCHLD && taken->code > 0) return;
  bool is_from_command = taken->code <= 0 && taken->sender == session->command;
  // Only the leader of a session gets a signal when its terminal is closed.
  bool is_closed = taken->code == SI_KERNEL && taken->number == SIGHUP;
  if (is_from_command) send_note(session->notes, NOTE_UP, (uint32_t)taken->number);
  else kill(is_closed ? -session->command : session->command, taken->number);
}

static _Noreturn void run_session(const struct command *command, int notes) {
  struct session session = {.terminal = &command->terminal, .notes = notes};
  prctl(PR_SET_NAME, "mlrun-monitor");
  lead_session(&command->terminal);
  session.command = start_command(command);
  session.foreground = session.command;
  send_note(notes, session.command < 0 ? NOTE_FAILED : NOTE_STARTED,
            (uint32_t)(session.command < 0 ? errno : session.command));
  if (session.command < 0) _exit(1);
  const int kept[] = {session.terminal->slave, notes};
  close_all_but(kept, sizeof kept / sizeof kept[0]);
  open_signals(&session.signals);
  for (;;) {
    struct pollfd polled[] = {{session.signals.fd, POLLIN, 0}, {notes, POLLIN, 0}};
    wait_for_signal(&session.signals, polled, sizeof polled / sizeof polled[0], -1);
    struct taken_signal taken;
    while (take_pending(&session.signals, &taken)) take_signal(&session, &taken);
    take_command(&session);
    if (polled[1].revents != 0) take_orders(&session);
  }
}

/** Waits for the monitor's first note. */
static bool has_started(struct monitor *monitor) {
  struct note note = {NOTE_FAILED, EAGAIN};
  struct pollfd polled = {monitor->notes, POLLIN, 0};
  while (poll(&polled, 1, -1) < 0 && errno == EINTR) continue;
  take_note(monitor->notes, &note);
  monitor->command = (pid_t)note.value;
  errno = (int)note.value;
  return note.kind == NOTE_STARTED;
}

bool start_monitor(struct monitor *monitor, const struct command *command) {
  int ends[2];
  *monitor = (struct monitor){.notes = -1};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return false;
  pid_t launcher = getpid();
  monitor->pid = fork();
  if (monitor->pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != launcher) _exit(1);
    close(ends[0]);
    run_session(command, ends[1]);
  }
  close(ends[1]);
  monitor->notes = ends[0];
  if (monitor->pid > 0 && has_started(monitor)) return true;
  int error = errno;
  close(ends[0]);
  if (monitor->pid > 0) waitpid(monitor->pid, NULL, 0);
  *monitor = (struct monitor){.notes = -1};
  errno = error;
  return false;
}
