import type { PerStream } from "../wire/end.ts";
import type { Fifo } from "./fifos.ts";
import { RUN_LIMITS } from "./limits.ts";
import { type OutputPorts, OutputStream } from "./output-stream.ts";

export interface OutputsOptions extends Omit<OutputPorts, "name" | "fd" | "mirrorFd"> {
  /** Read ends of stdout and stderr. */
  readonly fifos: readonly [Fifo, Fifo];
  /** No mirror. */
  readonly quiet: boolean;
}

/** Both outputs of the command. */
export class Outputs {
  readonly #stdout: OutputStream;
  readonly #stderr: OutputStream;
  #wait: NodeJS.Timeout | undefined;
  #cutShort = false;

  constructor(options: OutputsOptions) {
    const { fifos, quiet, ...ports } = options;
    const mirrorFd = (own: number) => (quiet ? undefined : own);
    this.#stdout = new OutputStream({ ...ports, name: "stdout", fd: fifos[0].readEnd, mirrorFd: mirrorFd(1) });
    this.#stderr = new OutputStream({ ...ports, name: "stderr", fd: fifos[1].readEnd, mirrorFd: mirrorFd(2) });
  }

  /** When the command printed last; 0 before. */
  get readAtMs(): number {
    return Math.max(this.#stdout.readAtMs, this.#stderr.readAtMs);
  }

  get printed(): PerStream {
    return { stdout: this.#stdout.printedBytes, stderr: this.#stderr.printedBytes };
  }

  get thinned(): PerStream {
    return { stdout: this.#stdout.thinnedBytes, stderr: this.#stderr.thinnedBytes };
  }

  /** They were given up while grandchildren still held them open. */
  get cutShort(): boolean {
    return this.#cutShort;
  }

  /** The command has ended. Settles when everything is in frames, and does not wait for grandchildren for ever. */
  async drained(): Promise<void> {
    this.#wait = setTimeout(() => this.hurry(), RUN_LIMITS.grandchildrenMs);
    await Promise.all([this.#stdout.ended, this.#stderr.ended]);
    this.#endWait();
  }

  /** Gives up what grandchildren hold open, when the command has ended. */
  hurry(): void {
    if (this.#wait === undefined) return;
    this.#endWait();
    this.#cutShort = true;
    this.#stdout.stop();
    this.#stderr.stop();
  }

  /** Settles when the mirrors have everything. */
  async mirrored(): Promise<void> {
    await Promise.all([this.#stdout.mirrored(), this.#stderr.mirrored()]);
  }

  roomAgain(): void {
    this.#stdout.roomAgain();
    this.#stderr.roomAgain();
  }

  #endWait(): void {
    clearTimeout(this.#wait);
    this.#wait = undefined;
  }
}
