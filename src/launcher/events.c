#include "events.h"
#include "notes.h"
#include "record.h"
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

/**
 * Time to show output before mlrun stops or dies by a signal. A pump that takes longer is stopped itself, or its reader
 * takes nothing.
 */
enum { SHOW_MS = 1000 };

void take_notes(struct launcher *launcher) {
  struct note note;
  enum note_result result = take_note(launcher->notes, &note);
  for (; result == NOTE_GOT; result = take_note(launcher->notes, &note)) {
    if (note.kind == NOTE_BROKEN) close_terminal(&launcher->terminal);
    if (note.kind == NOTE_SHOWN) launcher->is_shown = true;
    if (note.kind == NOTE_SHOWN_SO_FAR) launcher->is_shown_so_far = true;
    if (note.kind != NOTE_DONE) continue;
    launcher->is_done = true;
    launcher->could_not_show = (note.value & DONE_NOT_SHOWN) != 0;
    launcher->pump_ends = (note.value & DONE_FOR_GOOD) != 0;
  }
  if (result == NOTE_CLOSED) launcher->pump = -1;
}

void take_keys(struct launcher *launcher) {
  bool takes = !launcher->terminal.is_raw && has_keys(&launcher->terminal);
  // Notify the pump first: if this process is killed, the pump restores the terminal.
  if (takes) send_note(launcher->notes, NOTE_RAW, 1);
  enter_raw(&launcher->terminal);
}

void leave_keys(struct launcher *launcher) {
  if (!launcher->terminal.is_raw) return;
  leave_raw(&launcher->terminal);
  send_note(launcher->notes, NOTE_RAW, 0);
}

/** @param is_shown A field of the launcher, set when the pump reports it. */
static void await_shown(struct launcher *launcher, const bool *is_shown) {
  for (uint64_t start_us = now_us(); launcher->pump > 0 && !*is_shown;) {
    struct pollfd polled = {launcher->notes, POLLIN, 0};
    int left_ms = SHOW_MS - (int)((now_us() - start_us) / 1000);
    if (left_ms <= 0 || poll(&polled, 1, left_ms) <= 0) return;
    take_notes(launcher);
  }
}

static void go_on(struct launcher *launcher) {
  pass_size_on(&launcher->terminal);
  take_keys(launcher);
  send_note(launcher->monitor.notes, NOTE_CONTINUE, !is_in_background(&launcher->terminal));
}

/** Shows what the command has printed, then stops mlrun like the command, for mlrun's parent to see. */
static void stop(struct launcher *launcher, int signal_number) {
  launcher->is_shown_so_far = false;
  send_note(launcher->notes, NOTE_SHOW, 0);
  await_shown(launcher, &launcher->is_shown_so_far);
  leave_keys(launcher);
  signal_group(&launcher->terminal, signal_number);
  stop_as(signal_number);
  // Keys do not stop an orphaned group: then this process did not stop either, and nobody would continue the command.
  if (launcher->monitor.pid > 0 && !is_waiting(SIGCONT)) go_on(launcher);
}

static void end(struct launcher *launcher, int status) {
  uint32_t flag = 0;
  if (launcher->deadline.has_passed) {
    status = W_EXITCODE(deadline_code(&launcher->deadline, status), 0);
    flag = STATUS_TIMED_OUT;
  }
  launcher->has_ended = true;
  launcher->status = status;
  send_note(launcher->notes, NOTE_ENDED, (uint32_t)status | flag);
}

void take_monitor_notes(struct launcher *launcher) {
  struct note note;
  while (launcher->monitor.pid > 0 && take_note(launcher->monitor.notes, &note) == NOTE_GOT) {
    if (note.kind == NOTE_STOPPED) stop(launcher, (int)note.value);
    if (note.kind == NOTE_UP) kill(getppid(), (int)note.value);
    if (note.kind == NOTE_ENDED) end(launcher, (int)note.value);
  }
}

/** Follows the command's stops and end. */
void take_children(struct launcher *launcher) {
  int status;
  for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0;) {
    bool is_stop = WIFSTOPPED(status);
    if (pid == launcher->pump && !is_stop) {
      // Its last notes may have come since the notes were last read.
      take_notes(launcher);
      launcher->pump = -1;
    }
    if (pid == launcher->monitor.pid && !is_stop) {
      take_monitor_notes(launcher);
      launcher->monitor.pid = 0;
      // The monitor was killed, and the command with it.
      if (!launcher->has_ended) end(launcher, status);
    }
    if (pid != launcher->command) continue;
    if (is_stop) stop(launcher, WSTOPSIG(status));
    else end(launcher, status);
  }
}

static bool is_ending(int signal_number) {
  return signal_number == SIGINT || signal_number == SIGTERM || signal_number == SIGHUP || signal_number == SIGQUIT;
}

/**
 * Passes a signal on. A command with a terminal of its own is in another session, so it gets no signal of mlrun's
 * group.
 */
static void signal_command(const struct launcher *launcher, int signal_number, bool is_for_group) {
  if (launcher->monitor.pid > 0)
    send_note(launcher->monitor.notes, is_for_group ? NOTE_GROUP_SIGNAL : NOTE_SIGNAL, (uint32_t)signal_number);
  else if (!is_for_group) kill(launcher->command, signal_number);
}

void take_signal(struct launcher *launcher, const struct taken_signal *taken) {
  int number = taken->number;
  // A kernel code reports a child; a code of kill(2) and the like means the signal is for the command.
  if (number == SIGCHLD && taken->code > 0) return;
  bool has_terminal = !launcher->has_ended && launcher->monitor.pid > 0;
  if (has_terminal && number == SIGWINCH && pass_size_on(&launcher->terminal)) return;
  if (has_terminal && number == SIGCONT) {
    go_on(launcher);
    return;
  }
  bool is_for_group = !launcher->has_ended && went_to_group(taken, &launcher->witness);
  // A sender who saw the command end means mlrun, which may not have noticed the end yet.
  if (!launcher->has_ended && !is_for_group) take_children(launcher);
  if (!launcher->has_ended) {
    bool is_from_command = !is_for_group && taken->code <= 0 && taken->sender == launcher->command;
    if (is_from_command) kill(getppid(), number);
    else signal_command(launcher, number, is_for_group);
    return;
  }
  if (!is_ending(number)) return;
  // timeout(1) sends two in a row: the second must not lose what the first makes the command print.
  await_shown(launcher, &launcher->is_shown);
  send_note(launcher->notes, NOTE_HURRY, 0);
  // The output is shown completely, or nobody takes it.
  if (launcher->is_shown) launcher->is_done = true;
  else {
    leave_keys(launcher);
    die_by(number);
  }
}
