#include "pump.h"
#include "descriptors.h"
#include "notes.h"
#include "stream.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

enum {
  /** The status of a command that died with its launcher, which could not report it. */
  STATUS_KILLED = SIGKILL,
  /** Places in the set for poll(2). Notes, logger and its progress come first. */
  FIRST_STREAM = 3,
  FIRST_MIRROR = FIRST_STREAM + STREAMS,
  POLLED = FIRST_MIRROR + STREAMS,
};

struct pump {
  int notes;
  int console;
  /** How long output of processes that the command left behind is logged; then END follows. */
  uint64_t late_us;
  struct logging logging;
  struct stream streams[STREAMS];
  /** The command's own terminal, if it has one, which is connected to mlrun's. */
  struct terminal terminal;
  bool has_ended;
  uint64_t ended_us;
  bool is_over;
  bool has_said_broken;
  bool has_said_shown;
  bool has_said_done;
};

/** mlrun has ended: closes its output, so that nobody reading there waits for this process. */
static void close_console(struct pump *pump) {
  if (pump->console >= 0) close(pump->console);
  pump->console = -1;
  pump->logging.console = -1;
}

static void end_command(struct pump *pump, uint32_t status) {
  if (pump->has_ended) return;
  pump->has_ended = true;
  pump->ended_us = now_us();
  log_exit(&pump->logging, status);
}

/** Restores mlrun's terminal after its launcher has gone: no shell gets keys from a raw one. */
static void restore_terminal(struct terminal *terminal) {
  leave_raw(terminal);
  if (terminal->input >= 0) close(terminal->input);
  terminal->input = -1;
}

static void take_notes(struct pump *pump) {
  struct note note;
  enum note_result result = take_note(pump->notes, &note);
  for (; result == NOTE_GOT; result = take_note(pump->notes, &note)) {
    if (note.kind == NOTE_STARTED) log_pid(&pump->logging, note.value);
    if (note.kind == NOTE_ENDED) end_command(pump, note.value);
    if (note.kind == NOTE_RAW) pump->terminal.is_raw = note.value != 0;
    if (note.kind == NOTE_SHOW) {
      for (int i = 0; i < STREAMS; i++) show_available(&pump->streams[i], &pump->logging);
      send_note(pump->notes, NOTE_SHOWN_SO_FAR, 0);
    }
    if (note.kind == NOTE_HURRY)
      for (int i = 0; i < STREAMS; i++) stop_showing(&pump->streams[i]);
  }
  if (result != NOTE_CLOSED) return;
  close(pump->notes);
  pump->notes = -1;
  close_console(pump);
  restore_terminal(&pump->terminal);
  end_command(pump, STATUS_KILLED);
}

static bool is_open(const struct pump *pump) {
  return pump->streams[OUT].fd >= 0 || pump->streams[ERR].fd >= 0;
}

static bool is_shown(const struct pump *pump) {
  for (int i = 0; i < STREAMS; i++) {
    const struct stream *stream = &pump->streams[i];
    if (stream->mirror.left > 0 || (stream->fd >= 0 && !stream->is_drained)) return false;
  }
  return pump->has_ended;
}

static bool has_failed(const struct pump *pump) {
  return pump->streams[OUT].failure != 0 || pump->streams[ERR].failure != 0;
}

/** Whether something waits in the spool that can be delivered as soon as Node runs. */
static bool has_to_flush(const struct pump *pump) {
  return pump->logging.has_kept || pump->logging.execution->notifies;
}

/** Reports to the launcher that all output is shown, before anything that a file server could hold up. */
static void report_shown(struct pump *pump) {
  if (pump->has_said_shown || !is_shown(pump)) return;
  send_note(pump->notes, NOTE_SHOWN, 0);
  pump->has_said_shown = true;
}

/** Reports to the launcher that all output is handed over as well. */
static void report_done(struct pump *pump) {
  if (!is_shown(pump)) return;
  bool is_done = pump->is_over ? pump->logging.is_done : is_handed_over(&pump->logging);
  if (pump->has_said_done || !is_done) return;
  bool is_for_good = pump->is_over && !is_open(pump) && !has_to_flush(pump);
  send_note(pump->notes, NOTE_DONE, (has_failed(pump) ? DONE_NOT_SHOWN : 0) | (is_for_good ? DONE_FOR_GOOD : 0));
  pump->has_said_done = true;
  close_console(pump);
}

/**
 * Reports to the launcher that nobody reads the shown output. A command with a pipe notices by itself; the launcher
 * closes a terminal.
 */
static void report_broken(struct pump *pump) {
  if (pump->terminal.master < 0 || !pump->streams[OUT].is_broken || pump->has_said_broken) return;
  send_note(pump->notes, NOTE_BROKEN, 0);
  pump->has_said_broken = true;
}

/** Ends the log when no more output comes, or after waiting long enough for it. */
static void finish(struct pump *pump) {
  if (pump->is_over || !pump->has_ended) return;
  // Handing over looks into the home. If the output's reader is slow, a logger soon takes over.
  if (pump->logging.way == LOGS_LATER && !is_shown(pump)) return;
  bool is_late = is_shown(pump) && now_us() - pump->ended_us >= pump->late_us;
  if (is_open(pump) && !is_late) return;
  pump->is_over = true;
  log_over(&pump->logging, is_open(pump));
}

static int timeout_ms(const struct pump *pump) {
  uint64_t now = now_us();
  uint64_t patience = logging_patience_us(&pump->logging);
  for (int i = 0; i < STREAMS; i++) {
    const struct stream *stream = &pump->streams[i];
    bool is_paused = stream->fd >= 0 && stream->mirror.left == 0 && stream->pause_until_us > now;
    if (is_paused && stream->pause_until_us - now < patience) patience = stream->pause_until_us - now;
  }
  if (is_shown(pump) && !pump->is_over) {
    uint64_t waited = now - pump->ended_us;
    uint64_t left = waited > pump->late_us ? 0 : pump->late_us - waited;
    if (left < patience) patience = left;
  }
  return patience == UINT64_MAX ? -1 : (int)((patience + 999) / 1000);
}

static void wait_for_something(struct pump *pump) {
  struct logging *logging = &pump->logging;
  uint64_t now = now_us();
  // Otherwise progress is read whenever output is, so nobody has to wake up for it.
  bool awaits_progress = is_shown(pump) && !pump->has_said_done;
  struct pollfd polled[POLLED] = {
      {pump->notes, POLLIN, 0},
      {logging_fd(logging), POLLIN | (has_unsent(logging) ? POLLOUT : 0), 0},
      {awaits_progress ? logging->logger.progress_fd : -1, POLLIN, 0},
  };
  for (int i = 0; i < STREAMS; i++) {
    const struct stream *stream = &pump->streams[i];
    const struct mirror *mirror = &stream->mirror;
    bool reads = may_read(stream, now) && logging->full_since_us == 0;
    pump->streams[i].is_readable = false;
    polled[FIRST_STREAM + i] = (struct pollfd){reads ? stream->fd : -1, POLLIN, 0};
    bool watches = mirror->left > 0 || (mirror->is_pipe && stream->fd >= 0);
    polled[FIRST_MIRROR + i] = (struct pollfd){watches ? mirror->fd : -1, mirror->left > 0 ? POLLOUT : 0, 0};
  }
  if (poll(polled, POLLED, timeout_ms(pump)) < 0) return;
  if (polled[0].revents != 0) take_notes(pump);
  if ((polled[1].revents & (POLLIN | POLLHUP | POLLERR)) != 0) hear_logger(logging);
  if (polled[2].revents != 0) read_progress(&logging->logger);
  // While the ring was full the pipes were not polled: trying to read shows whether there is room now.
  for (int i = 0; i < STREAMS; i++)
    pump->streams[i].is_readable = polled[FIRST_STREAM + i].revents != 0 || logging->full_since_us > 0;
  for (int i = 0; i < STREAMS; i++)
    if ((polled[FIRST_MIRROR + i].revents & (POLLERR | POLLNVAL)) != 0 && pump->streams[i].mirror.is_pipe)
      break_stream(&pump->streams[i]);
}

/** Keeps its own descriptors, and none of those that the caller handed to the command. */
static void take_over(struct pump *pump, const struct pump_descriptors *given) {
  const int own[] = {given->notes,        given->read_ends[OUT], given->read_ends[ERR],
                     given->mirrors[OUT], given->mirrors[ERR],   given->console,
                     given->terminal->input};
  close_all_but(own, sizeof own / sizeof own[0]);
  pump->notes = given->notes;
  pump->console = given->console;
  pump->terminal = *given->terminal;
  for (int i = 0; i < STREAMS; i++) {
    struct stream *stream = &pump->streams[i];
    stream->index = i;
    stream->fd = given->read_ends[i];
    if (stream->fd >= 0) fcntl(stream->fd, F_SETFL, O_NONBLOCK);
    // The console is the same descriptor as stderr's mirror: the mirror gets its own copy.
    open_mirror(&stream->mirror, given->mirrors[i] < 0 ? -1 : fcntl(given->mirrors[i], F_DUPFD_CLOEXEC, 0));
    if (given->mirrors[i] >= 0 && given->mirrors[i] != given->console) close(given->mirrors[i]);
  }
}

/** Returns once the command runs, or its launcher is gone. Node needs a processor for long: the command goes first. */
static void await_start(int notes) {
  struct pollfd start = {.fd = notes, .events = POLLIN};
  while (poll(&start, 1, -1) < 0 && errno == EINTR) continue;
}

_Noreturn void run_pump(const struct pump_descriptors *descriptors, const struct execution *execution) {
  struct pump pump = {0};
  setsid();
  prctl(PR_SET_NAME, "mlrun-pump");
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, NULL);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
  take_over(&pump, descriptors);
  pump.late_us = execution->late_us;
  if (chdir("/") != 0) _exit(1);
  await_start(pump.notes);
  open_logging(&pump.logging, execution, pump.console);
  while (is_open(&pump) || !pump.has_said_done || !pump.is_over || !pump.logging.is_done) {
    wait_for_something(&pump);
    for (int i = 0; i < STREAMS; i++) continue_stream(&pump.streams[i], &pump.logging, pump.has_ended);
    continue_logging(&pump.logging);
    report_shown(&pump);
    finish(&pump);
    report_broken(&pump);
    report_done(&pump);
    if (pump.is_over && pump.has_said_done) close_logging(&pump.logging);
  }
  // This process has nothing else to do. It is in another folder than the caller was, so the spool's path is passed on.
  if (*execution->places.chosen != '\0') setenv("MLRUN_SPOOL_DIR", execution->places.chosen, 1);
  if (has_to_flush(&pump))
    exec_node(execution->folder, (const char *const[]){"--flush", "--run-dir", execution->run_dir, NULL});
  _exit(0);
}
