#pragma once
#include <stdbool.h>
#include <stdint.h>

/** Messages between launcher and pump, over a socket that keeps them apart. */
struct note {
  enum note_kind {
    /** To the pump: the command's pid. */
    NOTE_STARTED = 1,
    /** To the pump: the command's wait status. */
    NOTE_ENDED,
    /** To the pump: end now; mlrun's caller does not want to wait. */
    NOTE_HURRY,
    /** To the launcher: nobody reads the output shown of the command's terminal. */
    NOTE_BROKEN,
    /** To the launcher: all the command's output is shown. */
    NOTE_SHOWN,
    /** To the launcher: and it is handed over. The value consists of `DONE_...`. */
    NOTE_DONE,
  } kind;
  uint32_t value;
};

enum {
  /** Some of it could not be shown. */
  DONE_NOT_SHOWN = 1,
  /** Nothing is left to do: the pump ends now. */
  DONE_FOR_GOOD = 2,
};

void send_note(int fd, enum note_kind kind, uint32_t value);
enum note_result { NOTE_NONE, NOTE_GOT, NOTE_CLOSED };
enum note_result take_note(int fd, struct note *note);
