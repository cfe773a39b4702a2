import type { LineRange } from "../wire/api.ts";
import type { LinesMessage } from "./lines-message.ts";
import type { Source } from "./ports.ts";

/** Lines of one execution that one viewer was not sent. */
export interface Loss {
  readonly source: Source;
  readonly ranges: readonly LineRange[];
}

/** More lost ranges of one execution are joined into the range that spans them: the viewer fetches some lines twice. */
const MAX_RANGES = 16;

/**
 * Messages waiting for one viewer, bounded by bytes and by lines.
 *
 * A viewer that reads too slowly loses its backlog and is sent the numbers of the lost lines, to fetch them over the
 * API. The newest message always stays, whatever its size. Messages are shared: a backlog owns only references.
 */
export class Backlog {
  readonly #limits: { readonly maxBytes: number; readonly maxLines: number };
  #messages: LinesMessage[] = [];
  /** Index of the oldest message: shifting an array of thousands would move them all. */
  #head = 0;
  #bytes = 0;
  #lines = 0;
  readonly #lost = new Map<string, { source: Source; ranges: LineRange[] }>();

  constructor(limits: { readonly maxBytes: number; readonly maxLines: number }) {
    this.#limits = limits;
  }

  /** Executions with unreported losses. */
  get lostExecutions(): number {
    return this.#lost.size;
  }

  get isEmpty(): boolean {
    return this.#head === this.#messages.length;
  }

  /** Adds a message. Returns how many lines were dropped to make room. */
  push(message: LinesMessage): number {
    const { maxBytes, maxLines } = this.#limits;
    const full = this.#bytes + message.frame.length > maxBytes || this.#lines + message.count > maxLines;
    const lost = full ? this.#giveUp() : 0;
    this.#messages.push(message);
    this.#bytes += message.frame.length;
    this.#lines += message.count;
    return lost;
  }

  shift(): LinesMessage | undefined {
    const message = this.#messages[this.#head];
    if (message === undefined) return undefined;
    this.#head += 1;
    this.#bytes -= message.frame.length;
    this.#lines -= message.count;
    if (this.isEmpty) {
      this.#messages = [];
      this.#head = 0;
    }
    return message;
  }

  /** Hands over the losses. Reports each loss once. */
  takeLost(): Loss[] {
    const losses = [...this.#lost.values()];
    this.#lost.clear();
    return losses;
  }

  lose(source: Source, key: string, [from, to]: LineRange): void {
    const loss = this.#lost.get(key);
    if (loss === undefined) {
      this.#lost.set(key, { source, ranges: [[from, to]] });
      return;
    }
    const last = loss.ranges.at(-1);
    if (last?.[1] === from - 1) loss.ranges[loss.ranges.length - 1] = [last[0], to];
    else if (loss.ranges.length < MAX_RANGES) loss.ranges.push([from, to]);
    else
      loss.ranges = [[Math.min(from, ...loss.ranges.map(([f]) => f)), Math.max(to, ...loss.ranges.map(([, t]) => t))]];
  }

  #giveUp(): number {
    const lines = this.#lines;
    for (let message = this.shift(); message !== undefined; message = this.shift()) {
      this.lose(message.source, message.key, [message.firstN, message.firstN + message.count - 1]);
    }
    return lines;
  }
}
