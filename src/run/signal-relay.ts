import { processTree } from "./processes.ts";
import { Witness } from "./witness.ts";

/** Signals that the command must get when mlrun gets them. */
const RELAYED: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGWINCH"];
/** These ask mlrun to come to an end. */
const ENDING: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];

export interface SignalRelayOptions {
  /** The command shares mlrun's process group; else it leads a session of its own. */
  readonly sharesGroup: boolean;
  readonly pid: number;
  /** mlrun was asked to end. */
  onEnding(): void;
}

/**
 * Passes mlrun's signals on, to the command and its children, each exactly once.
 *
 * Without a terminal the command leads its own group, and the whole group gets them. With one it stays in mlrun's
 * group, so that it keeps /dev/tty, Ctrl-C and Ctrl-Z: what the terminal or the shell sends to the group has reached it
 * already (`Witness`), and only what was sent to mlrun alone goes to its processes, one by one.
 */
export class SignalRelay {
  readonly #options: SignalRelayOptions;
  readonly #witness: Witness | undefined;
  #over = false;

  constructor(options: SignalRelayOptions) {
    this.#options = options;
    for (const signal of RELAYED) process.on(signal, this.#onSignal);
    if (options.sharesGroup) {
      this.#witness = new Witness();
    } else {
      process.on("SIGTSTP", this.#onStop);
      process.on("SIGCONT", this.#onContinue);
    }
  }

  /** Nothing is left to signal. What still comes is taken and does nothing: mlrun ends by itself, soon. */
  end(): void {
    this.#over = true;
    this.#witness?.end();
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    if (this.#over) return;
    if (this.#witness === undefined) send(-this.#options.pid, signal);
    else void this.#relayUnlessSeen(this.#witness, signal);
    if (ENDING.includes(signal)) this.#options.onEnding();
  };

  async #relayUnlessSeen(witness: Witness, signal: NodeJS.Signals): Promise<void> {
    if (await witness.gotItToo(signal)) return;
    const tree = processTree(this.#options.pid);
    const group = tree[0]?.group;
    for (const { pid, group: other } of tree) if (other === group) send(pid, signal);
  }

  /** SIGSTOP: a stop that asks would be ignored by a group without a shell that could continue it. */
  readonly #onStop = (): void => {
    send(-this.#options.pid, "SIGSTOP");
    process.kill(process.pid, "SIGSTOP");
  };

  readonly #onContinue = (): void => {
    send(-this.#options.pid, "SIGCONT");
  };
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended in between.
  }
}
