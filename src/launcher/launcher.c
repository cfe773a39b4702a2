#include "launcher.h"
#include "console.h"
#include "descriptors.h"
#include "environment.h"
#include "events.h"
#include "notes.h"
#include "pump.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
  /** The command has ended and everything is shown: after this time the hand-over continues without mlrun. */
  HAND_OVER_MS = 15000,
  /** The command ended with 0, but its output could not be shown. */
  NOT_SHOWN = 1,
};

struct pipes {
  /** The two ends of a terminal, if there is one. */
  int out[2];
  int err[2];
  int notes[2];
};

/** Whether both outputs are one stream, through one pipe or a terminal. */
static bool is_merged(const struct command *command, const struct options *options) {
  return options->merge || command->copies_stdin || command->terminal.master >= 0;
}

static bool open_pipes(struct pipes *pipes, struct command *command, const struct options *options) {
  *pipes = (struct pipes){{-1, -1}, {-1, -1}, {-1, -1}};
  if (options->pty && open_terminal(&command->terminal)) {
    pipes->out[0] = command->terminal.master;
    pipes->out[1] = command->terminal.slave;
  } else if ((!command->were_closed[1] || command->copies_stdin) && pipe2(pipes->out, O_CLOEXEC) != 0) {
    return false;
  }
  if (!command->were_closed[2] && !is_merged(command, options) && pipe2(pipes->err, O_CLOEXEC) != 0) return false;
  return add_pipes(command->environment, (const int[2]){pipes->out[1], pipes->err[1]}) &&
         socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pipes->notes) == 0;
}

static void close_pipes(const struct pipes *pipes) {
  const int all[] = {pipes->out[0], pipes->out[1], pipes->err[0], pipes->err[1], pipes->notes[0], pipes->notes[1]};
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
    if (all[i] >= 0) close(all[i]);
}

static struct pump_descriptors descriptors_of(const struct pipes *pipes, const struct command *command,
                                              const struct options *options) {
  return (struct pump_descriptors){
      .notes = pipes->notes[1],
      .read_ends = {pipes->out[0], pipes->err[0]},
      .mirrors = {options->quiet || command->were_closed[1] ? -1 : STDOUT_FILENO,
                  options->quiet || pipes->err[0] < 0 ? -1 : STDERR_FILENO},
      .console = command->were_closed[2] ? -1 : STDERR_FILENO,
      .terminal = &command->terminal,
  };
}

/** Without a pump nothing can be logged: this process becomes the command. */
static _Noreturn void give_up(const struct command *command, const struct options *options, const struct pipes *pipes,
                              pid_t pump) {
  int error = errno;
  close_pipes(pipes);
  if (pump > 0) {
    kill(pump, SIGKILL);
    waitpid(pump, NULL, 0);
  }
  const char *also = options->timeout_ms > 0 ? ", and there is no time limit" : "";
  if (!command->were_closed[2]) warn(STDERR_FILENO, "the output is not logged%s: %s", also, strerror(error));
  become_command(command);
}

static void start(struct launcher *launcher, struct command *command, const struct options *options,
                  const struct execution *execution) {
  struct pipes pipes;
  if (command->environment == NULL || !open_pipes(&pipes, command, options)) give_up(command, options, &pipes, -1);
  launcher->pump = fork();
  if (launcher->pump == 0) {
    struct pump_descriptors descriptors = descriptors_of(&pipes, command, options);
    run_pump(&descriptors, execution);
  }
  if (launcher->pump < 0) give_up(command, options, &pipes, -1);
  command->outputs[0] = pipes.out[1];
  command->outputs[1] = is_merged(command, options) ? pipes.out[1] : pipes.err[1];
  // The copying process prints only messages for the user.
  if (command->copies_stdin) command->outputs[1] = -1;
  command->console = options->quiet && !command->were_closed[2] ? fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0) : -1;
  launcher->notes = pipes.notes[0];
  launcher->terminal = command->terminal;
  // Comes first, so that everything the command prints has its carriage returns.
  take_keys(launcher);
  if (command->terminal.master < 0) launcher->command = start_command(command);
  else launcher->command = start_monitor(&launcher->monitor, command) ? launcher->monitor.command : -1;
  if (launcher->command < 0) {
    leave_keys(launcher);
    give_up(command, options, &pipes, launcher->pump);
  }
  send_note(launcher->notes, NOTE_STARTED, (uint32_t)launcher->command);
}

/** Closes everything that the command holds: a process waiting for its end must not wait for this one. */
static void let_go(const struct launcher *launcher) {
  const int kept[] = {launcher->notes, launcher->monitor.notes, launcher->terminal.master, launcher->terminal.input};
  close_all_but(kept, sizeof kept / sizeof kept[0]);
}

/** @return Milliseconds left; -1: no limit. 0 after the command's end: there is nothing to wait for. */
static int patience_ms(const struct launcher *launcher, uint64_t *since_us) {
  if (!launcher->has_ended) return deadline_patience_ms(&launcher->deadline);
  if (!launcher->is_shown) return -1;
  if (*since_us == 0) *since_us = now_us();
  uint64_t waited_ms = (now_us() - *since_us) / 1000;
  return waited_ms > HAND_OVER_MS ? 0 : (int)(HAND_OVER_MS - waited_ms);
}

static void wait_for_end(struct launcher *launcher) {
  uint64_t since_us = 0;
  while (!launcher->has_ended || (!launcher->is_done && launcher->pump > 0)) {
    const struct terminal *terminal = &launcher->terminal;
    bool has_input = terminal->waiting_bytes > 0;
    struct pollfd polled[] = {
        {launcher->signals.fd, POLLIN, 0},
        {launcher->pump > 0 ? launcher->notes : -1, POLLIN, 0},
        {terminal->is_raw && !has_input && terminal->master >= 0 ? terminal->input : -1, POLLIN, 0},
        {has_input ? terminal->master : -1, POLLOUT, 0},
        {launcher->monitor.pid > 0 ? launcher->monitor.notes : -1, POLLIN, 0},
    };
    int patience = patience_ms(launcher, &since_us);
    if (patience == 0 && launcher->has_ended) return;
    wait_for_signal(&launcher->signals, polled, sizeof polled / sizeof polled[0], patience);
    struct taken_signal taken;
    while (take_pending(&launcher->signals, &taken)) take_signal(launcher, &taken);
    take_children(launcher);
    if (!launcher->has_ended) keep_deadline(&launcher->deadline, launcher->command);
    if (polled[2].revents != 0 || polled[3].revents != 0) pass_keys_on(&launcher->terminal);
    if (polled[1].revents != 0) take_notes(launcher);
    if (polled[4].revents != 0) take_monitor_notes(launcher);
  }
}

/** Where process 1 does not reap orphans (many containers), any that remain would stay for good. */
static void reap(struct launcher *launcher) {
  end_witness(&launcher->witness);
  if (launcher->witness.pid > 0) waitpid(launcher->witness.pid, NULL, 0);
  if (launcher->monitor.pid > 0) waitpid(launcher->monitor.pid, NULL, 0);
  if (launcher->pump_ends && launcher->pump > 0) waitpid(launcher->pump, NULL, 0);
}

int launch(struct command *command, const struct options *options, struct execution *execution) {
  struct launcher launcher = {.terminal = NO_TERMINAL, .monitor.notes = -1};
  block_signals(&command->blocked, &command->on_child);
  start(&launcher, command, options, execution);
  let_go(&launcher);
  set_deadline(&launcher.deadline, options);
  start_witness(&launcher.witness);
  open_signals(&launcher.signals);
  wait_for_end(&launcher);
  leave_keys(&launcher);
  reap(&launcher);
  if (WIFSIGNALED(launcher.status)) signal_group(&launcher.terminal, WTERMSIG(launcher.status));
  if (WIFSIGNALED(launcher.status)) die_by(WTERMSIG(launcher.status));
  int code = WEXITSTATUS(launcher.status);
  return code == 0 && launcher.could_not_show ? NOT_SHOWN : code;
}
