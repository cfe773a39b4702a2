import { processTree } from "./processes.ts";
import { Witness } from "./witness.ts";

/** Signals that mlrun passes on to the command. */
const RELAYED: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGWINCH"];
/** Signals that ask mlrun to end. */
const ENDING: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];

interface SignalRelayOptions {
  /** Whether the command shares mlrun's process group; otherwise it leads its own session. */
  readonly sharesGroup: boolean;
  /** Called when mlrun was asked to end. True if the command has ended and the request concerns only the rest. */
  onEnding(): boolean;
}

/**
 * Passes mlrun's signals on to the command and its children. Without a terminal, a signal sent to every process of a
 * service or a job reaches them twice: directly and from here.
 *
 * Without a terminal the command leads its own group, and the whole group gets the signals. With one it stays in
 * mlrun's group, to keep /dev/tty, Ctrl-C and Ctrl-Z: signals that the terminal or the shell sends to the group have
 * reached it already (`Witness`); only those sent to mlrun alone go to its processes, one by one.
 */
export class SignalRelay {
  readonly #options: SignalRelayOptions;
  #witness: Witness | undefined;
  /** Process id of the command; undefined while there is nothing to signal. */
  #pid: number | undefined;
  /** A request to end that came after the command: only mlrun itself is left to end. */
  #asked: NodeJS.Signals | undefined;

  /** From now on no signal ends mlrun, so create it before the command starts. */
  constructor(options: SignalRelayOptions) {
    this.#options = options;
    for (const signal of RELAYED) process.on(signal, this.#onSignal);
    if (options.sharesGroup) return;
    process.on("SIGTSTP", this.#onStop);
    process.on("SIGCONT", this.#onContinue);
  }

  /** Starts signalling the command. Call it as soon as the command runs. */
  begin(pid: number): void {
    this.#pid = pid;
    if (this.#options.sharesGroup) this.#witness = new Witness();
  }

  /** Stops signalling. Later signals are remembered: mlrun still has to deliver, in bounded time. */
  end(): void {
    this.#pid = undefined;
    this.#witness?.end();
  }

  /**
   * Ends the relay after delivery: signals act on mlrun as on any program, and so does a remembered one if it `waits`.
   */
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

  /** SIGSTOP: a group without a shell that could continue it would ignore a stop signal that can be caught. */
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
    // The process has ended meanwhile.
  }
}
