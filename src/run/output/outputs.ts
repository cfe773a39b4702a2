import type { PerStream } from "../../wire/end.ts";
import type { Fifo } from "../command/fifos.ts";
import { RUN_LIMITS } from "../limits.ts";
import type { Timers } from "../timers.ts";
import type { Mirror } from "./mirror.ts";
import { type OutputPorts, OutputStream } from "./output-stream.ts";

interface OutputsOptions extends Omit<OutputPorts, "name" | "fd" | "mirrorFd"> {
  /** Read ends of stdout and stderr. */
  readonly fifos: readonly [Fifo, Fifo];
  /** Descriptors on which stdout and stderr are also shown. */
  readonly mirrors: readonly [number | undefined, number | undefined];
}

/** Both outputs of the command. */
export class Outputs {
  readonly #stdout: OutputStream;
  readonly #stderr: OutputStream;
  readonly #after: Timers["after"];
  #cancelWait: () => void = () => {};
  #printedByCommand = 0;
  #commandHasEnded = false;
  #isHurried = false;

  constructor(options: OutputsOptions) {
    const { fifos, mirrors, ...ports } = options;
    this.#after = ports.clock.after;
    this.#stdout = new OutputStream({ ...ports, name: "stdout", fd: fifos[0].readEnd, mirrorFd: mirrors[0] });
    this.#stderr = new OutputStream({ ...ports, name: "stderr", fd: fifos[1].readEnd, mirrorFd: mirrors[1] });
  }

  /** Time of the last output; 0 before. */
  get readAtMs(): number {
    return Math.max(this.#stdout.readAtMs, this.#stderr.readAtMs);
  }

  get printed(): PerStream {
    return { stdout: this.#stdout.printedBytes, stderr: this.#stderr.printedBytes };
  }

  get thinned(): PerStream {
    return { stdout: this.#stdout.thinnedBytes, stderr: this.#stderr.thinnedBytes };
  }

  /** Whether the outputs were abandoned while grandchildren still held them open. */
  get cutShort(): boolean {
    return this.#stdout.cutShort || this.#stderr.cutShort;
  }

  /**
   * Called when the command has ended. Settles when everything is in frames; waits for grandchildren only a limited
   * time.
   */
  async drained(): Promise<void> {
    this.#commandHasEnded = true;
    this.#printedByCommand = this.#printedBytes;
    this.#waitForGrandchildren();
    await Promise.all([this.#stdout.ended, this.#stderr.ended]);
    this.#cancelWait();
  }

  /**
   * Stops waiting for grandchildren and for readers of the mirrored output. False: the command still runs, and
   * grandchildren get `grandchildrenMs` after it has ended.
   */
  hurry(): boolean {
    this.#isHurried = true;
    if (this.#commandHasEnded) this.#finish(false);
    return this.#commandHasEnded;
  }

  get areMirrored(): boolean {
    return this.#mirrors.every((mirror) => mirror.isIdle);
  }

  /** Settles when the mirrors have everything. */
  async mirrored(): Promise<void> {
    await Promise.all(this.#mirrors.map((mirror) => mirror.idle()));
  }

  roomAgain(): void {
    this.#stdout.roomAgain();
    this.#stderr.roomAgain();
  }

  get #mirrors(): Mirror[] {
    return [this.#stdout.mirror, this.#stderr.mirror].filter((mirror) => mirror !== undefined);
  }

  get #printedBytes(): number {
    return this.#stdout.printedBytes + this.#stderr.printedBytes;
  }

  /** A slow reader of the mirror is not a grandchild: what the command left in the pipes is still its own output. */
  #waitForGrandchildren(): void {
    this.#cancelWait = this.#after(RUN_LIMITS.grandchildrenMs, () => {
      const isHeldUp = this.#stdout.isHeldUp || this.#stderr.isHeldUp;
      const isTheirs = this.#printedBytes - this.#printedByCommand > 2 * RUN_LIMITS.pipeBytes;
      if (isHeldUp && !isTheirs && !this.#isHurried) this.#waitForGrandchildren();
      else this.#finish(!isHeldUp);
    });
  }

  #finish(shows: boolean): void {
    this.#cancelWait();
    this.#stdout.finish(shows);
    this.#stderr.finish(shows);
  }
}
