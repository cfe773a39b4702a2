#include "terminal.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/** Size of a terminal that nobody sees. */
enum { DEFAULT_ROWS = 24, DEFAULT_COLUMNS = 80 };

const struct terminal NO_TERMINAL = {.master = -1, .slave = -1, .input = -1};

static struct winsize own_size(int input) {
  struct winsize size = {DEFAULT_ROWS, DEFAULT_COLUMNS, 0, 0};
  const int places[] = {input, STDOUT_FILENO, STDERR_FILENO};
  for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
    if (places[i] >= 0 && ioctl(places[i], TIOCGWINSZ, &size) == 0) break;
  return size;
}

bool open_terminal(struct terminal *terminal) {
  *terminal = NO_TERMINAL;
  char name[INPUT_BYTES];
  struct termios modes;
  int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (master < 0) return false;
  bool is_open = grantpt(master) == 0 && unlockpt(master) == 0 && ptsname_r(master, name, sizeof name) == 0;
  int slave = is_open ? open(name, O_RDWR | O_NOCTTY | O_CLOEXEC) : -1;
  if (slave < 0 || tcgetattr(slave, &modes) != 0) {
    close(master);
    return false;
  }
  if (tcgetattr(STDIN_FILENO, &terminal->before) == 0) {
    terminal->input = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
    modes = terminal->before;
  }
  terminal->starts_in_background = is_in_background(terminal);
  // A file or a pipe gets the lines as printed, and a terminal that is not raw adds them itself.
  terminal->returns_carriages = terminal->input >= 0 && isatty(STDOUT_FILENO) && (modes.c_oflag & ONLCR) != 0;
  if (!terminal->returns_carriages || terminal->starts_in_background) modes.c_oflag &= ~(tcflag_t)ONLCR;
  struct winsize size = own_size(terminal->input);
  tcsetattr(slave, TCSANOW, &modes);
  ioctl(master, TIOCSWINSZ, &size);
  fcntl(master, F_SETFL, fcntl(master, F_GETFL) | O_NONBLOCK);
  terminal->master = master;
  terminal->slave = slave;
  return true;
}

void lead_session(const struct terminal *terminal) {
  setsid();
  ioctl(terminal->slave, TIOCSCTTY, 0);
}

void join_session(const struct terminal *terminal) {
  setpgid(0, 0);
  if (!terminal->starts_in_background) tcsetpgrp(terminal->slave, getpgrp());
  if (terminal->input >= 0) dup2(terminal->slave, STDIN_FILENO);
}

bool has_keys(const struct terminal *terminal) {
  return terminal->input >= 0 && tcgetpgrp(terminal->input) == getpgrp();
}

void return_carriages(const struct terminal *terminal, bool is_in_foreground) {
  struct termios modes;
  if (!terminal->returns_carriages || tcgetattr(terminal->slave, &modes) != 0) return;
  if (is_in_foreground) modes.c_oflag |= ONLCR;
  else modes.c_oflag &= ~(tcflag_t)ONLCR;
  tcsetattr(terminal->slave, TCSANOW, &modes);
}

bool is_in_background(const struct terminal *terminal) {
  // Fails for the terminal of another session, which stops nobody.
  pid_t group = terminal->input >= 0 ? tcgetpgrp(terminal->input) : -1;
  return group >= 0 && group != getpgrp();
}

void enter_raw(struct terminal *terminal) {
  if (terminal->is_raw || !has_keys(terminal)) return;
  struct termios raw = terminal->before;
  cfmakeraw(&raw);
  // Other programs print to it, like the next one of a pipeline.
  if (!terminal->returns_carriages) raw.c_oflag = terminal->before.c_oflag;
  terminal->is_raw = tcsetattr(terminal->input, TCSADRAIN, &raw) == 0;
}

void leave_raw(struct terminal *terminal) {
  if (terminal->is_raw) tcsetattr(terminal->input, TCSADRAIN, &terminal->before);
  terminal->is_raw = false;
}

bool pass_size_on(const struct terminal *terminal) {
  struct winsize size, before;
  bool is_known = terminal->input >= 0 && ioctl(terminal->input, TIOCGWINSZ, &size) == 0 &&
                  ioctl(terminal->master, TIOCGWINSZ, &before) == 0;
  if (!is_known || memcmp(&size, &before, sizeof size) == 0) return false;
  // The kernel informs the processes of the command's terminal (SIGWINCH).
  return ioctl(terminal->master, TIOCSWINSZ, &size) == 0;
}

void pass_keys_on(struct terminal *terminal) {
  if (terminal->waiting_bytes == 0) {
    ssize_t got = read(terminal->input, terminal->waiting, sizeof terminal->waiting);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
      close(terminal->input);
      terminal->input = -1;
    }
    if (got <= 0) return;
    terminal->waiting_bytes = (size_t)got;
    const cc_t *keys = terminal->before.c_cc;
    bool interrupts = memchr(terminal->waiting, keys[VINTR], (size_t)got) != NULL;
    bool quits = memchr(terminal->waiting, keys[VQUIT], (size_t)got) != NULL;
    bool suspends = memchr(terminal->waiting, keys[VSUSP], (size_t)got) != NULL;
    terminal->has_interrupted = terminal->has_interrupted || interrupts || quits;
    terminal->has_suspended = terminal->has_suspended || suspends;
  }
  ssize_t written = write(terminal->master, terminal->waiting, terminal->waiting_bytes);
  if (written <= 0) return;
  terminal->waiting_bytes -= (size_t)written;
  memmove(terminal->waiting, terminal->waiting + written, terminal->waiting_bytes);
}

void signal_group(struct terminal *terminal, int signal_number) {
  bool is_interrupt = terminal->has_interrupted && (signal_number == SIGINT || signal_number == SIGQUIT);
  bool is_suspend = terminal->has_suspended && signal_number == SIGTSTP;
  terminal->has_suspended = false;
  // This process has blocked the signal, and ends or stops itself by it next.
  if (is_interrupt || is_suspend) kill(0, signal_number);
}

void close_terminal(struct terminal *terminal) {
  if (terminal->master >= 0) close(terminal->master);
  terminal->master = -1;
}
