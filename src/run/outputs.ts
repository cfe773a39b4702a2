import type { PerStream } from "../wire/end.ts";
import type { Fifo } from "./fifos.ts";
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

  /** Settles when both are closed and everything is in frames. */
  async ended(): Promise<void> {
    await Promise.all([this.#stdout.ended, this.#stderr.ended]);
  }

  /** Settles when the mirrors have everything. */
  async mirrored(): Promise<void> {
    await Promise.all([this.#stdout.mirrored(), this.#stderr.mirrored()]);
  }

  roomAgain(): void {
    this.#stdout.roomAgain();
    this.#stderr.roomAgain();
  }

  /** Reads no more. */
  stop(): void {
    this.#stdout.stop();
    this.#stderr.stop();
  }
}
