#pragma once
#include <stdbool.h>
#include <stdint.h>

/** Messages between launcher, pump and monitor, over sockets that keep them apart. */
struct note {
  enum note_kind {
    /** From the monitor, and to the pump: the command's pid. */
    NOTE_STARTED = 1,
    /** From the monitor, and to the pump: the command's wait status. */
    NOTE_ENDED,
    /** From the monitor: the command cannot be started (errno); it has stopped; it has sent a signal to its parent. */
    NOTE_FAILED,
    NOTE_STOPPED,
    NOTE_UP,
    /** To the monitor: a signal for the command, or for its group. */
    NOTE_SIGNAL,
    NOTE_GROUP_SIGNAL,
    /** To the monitor: continue the command, in the foreground (1) or in the background (0). */
    NOTE_CONTINUE,
    /** To the pump: mlrun's own terminal passes every key (1), or is as it was (0). */
    NOTE_RAW,
    /**
     * To the pump: show what the command has printed, as far as it can without waiting; and its answer when that is
     * done.
     */
    NOTE_SHOW,
    NOTE_SHOWN_SO_FAR,
    /** To the pump: end now; mlrun's caller does not want to wait. */
    NOTE_HURRY,
    /** To the launcher: nobody reads the shown output of the command's terminal. */
    NOTE_BROKEN,
    /** To the launcher: all the command's output is shown. */
    NOTE_SHOWN,
    /** To the launcher: all the command's output is handed over as well. The value consists of `DONE_...`. */
    NOTE_DONE,
  } kind;
  uint32_t value;
};

/** With a wait status: the command reached its time limit, and the status is timeout(1)'s. */
#define STATUS_TIMED_OUT 0x80000000u

enum {
  /** Some output could not be shown. */
  DONE_NOT_SHOWN = 1,
  /** Nothing is left to do: the pump ends now. */
  DONE_FOR_GOOD = 2,
};

void send_note(int fd, enum note_kind kind, uint32_t value);
enum note_result { NOTE_NONE, NOTE_GOT, NOTE_CLOSED };
enum note_result take_note(int fd, struct note *note);
