#include "notes.h"
#include <errno.h>
#include <sys/socket.h>

void send_note(int fd, enum note_kind kind, uint32_t value) {
  struct note note = {kind, value};
  // If the other side is gone, it no longer needs the note.
  if (send(fd, &note, sizeof note, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) return;
}

enum note_result take_note(int fd, struct note *note) {
  ssize_t got = recv(fd, note, sizeof *note, MSG_DONTWAIT);
  if (got == (ssize_t)sizeof *note) return NOTE_GOT;
  return got < 0 && (errno == EAGAIN || errno == EINTR) ? NOTE_NONE : NOTE_CLOSED;
}
