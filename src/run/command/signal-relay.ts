import { processTree } from "./processes.ts";
import { Witness } from "./witness.ts";

/** Signals that the command must get when mlrun gets them. */
const RELAYED: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGWINCH"];
/** These ask mlrun to come to an end. */
const ENDING: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];

export interface SignalRelayOptions {
  /** The command shares mlrun's process group; else it leads a session of its own. */
  readonly sharesGroup: boolean;
  /** mlrun was asked to end. True when the command has ended: it is asked for the rest only. */
  onEnding(): boolean;
}

/**
 * Passes mlrun's signals on, to the command and its children. Without a terminal, a signal that somebody sends to every
 * process of a service or a job reaches them twice: from there and from here.
 *
 * Without a terminal the command leads its own group, and the whole group gets them. With one it stays in mlrun's
 * group, so that it keeps /dev/tty, Ctrl-C and Ctrl-Z: what the terminal or the shell sends to the group has reached it
 * already (`Witness`), and only what was sent to mlrun alone goes to its processes, one by one.
 */
export class SignalRelay {
  readonly #options: SignalRelayOptions;
  #witness: Witness | undefined;
  /** Undefined while there is nothing to signal. */
  #pid: number | undefined;
  /** Who sent it waits for nothing but mlrun itself. */
  #asked: NodeJS.Signals | undefined;

  /** From now on no signal ends mlrun: it must be made before the command starts. */
  constructor(options: SignalRelayOptions) {
    this.#options = options;
    for (const signal of RELAYED) process.on(signal, this.#onSignal);
    if (options.sharesGroup) return;
    process.on("SIGTSTP", this.#onStop);
    process.on("SIGCONT", this.#onContinue);
  }

  /** The command runs. To be called before anything else can happen. */
  begin(pid: number): void {
    this.#pid = pid;
    if (this.#options.sharesGroup) this.#witness = new Witness();
  }

  /** Nothing is left to signal. What still comes is remembered: mlrun has yet to deliver, in bounded time. */
  end(): void {
    this.#pid = undefined;
    this.#witness?.end();
  }

  /** All is delivered: signals do to mlrun what they do to any program; the one before does, too, if it `waits`. */
  release(waits: boolean): void {
    for (const signal of RELAYED) process.off(signal, this.#onSignal);
    if (waits && this.#asked !== undefined) process.kill(process.pid, this.#asked);
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    if (this.#witness !== undefined) void this.#relayUnlessSeen(this.#witness, signal);
    else if (this.#pid !== undefined) send(-this.#pid, signal);
    if (ENDING.includes(signal) && this.#options.onEnding()) this.#asked = signal;
  };

  async #relayUnlessSeen(witness: Witness, signal: NodeJS.Signals): Promise<void> {
    const pid = this.#pid;
    if ((await witness.gotItToo(signal)) || pid === undefined) return;
    const tree = processTree(pid);
    const group = tree[0]?.group;
    for (const member of tree) if (member.group === group) send(member.pid, signal);
  }

  /** SIGSTOP: a stop that asks would be ignored by a group without a shell that could continue it. */
  readonly #onStop = (): void => {
    if (this.#pid !== undefined) send(-this.#pid, "SIGSTOP");
    process.kill(process.pid, "SIGSTOP");
  };

  readonly #onContinue = (): void => {
    if (this.#pid !== undefined) send(-this.#pid, "SIGCONT");
  };
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended in between.
  }
}
