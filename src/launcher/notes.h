#pragma once
#include <stdbool.h>
#include <stdint.h>

/** What launcher and pump say to each other, over a socket that keeps messages apart. */
struct note {
  enum note_kind {
    /** To the pump: the command's pid. */
    NOTE_STARTED = 1,
    /** To the pump: the command's wait status. */
    NOTE_ENDED,
    /** To the pump: whoever waits for mlrun wants it to end now. */
    NOTE_HURRY,
    /** To the launcher: nobody reads what is shown of the command's terminal. */
    NOTE_BROKEN,
    /** To the launcher: everything that the command printed is shown. */
    NOTE_SHOWN,
    /** To the launcher: and it is handed over. The value is made of `DONE_...`. */
    NOTE_DONE,
  } kind;
  uint32_t value;
};

enum {
  /** It could not all be shown. */
  DONE_NOT_SHOWN = 1,
  /** Nothing is left to do: the pump ends now. */
  DONE_FOR_GOOD = 2,
};

void send_note(int fd, enum note_kind kind, uint32_t value);
enum note_result { NOTE_NONE, NOTE_GOT, NOTE_CLOSED };
enum note_result take_note(int fd, struct note *note);
