import type { Execution } from "../wire/api.ts";
import { newFrame, OPCODE } from "./web-socket-frame.ts";

/** A summary as WebSocket messages, one for each subscription number; most viewers have only one subscription. */
export class SummaryMessage {
  /** The execution's `sourceKey`. */
  readonly key: string;
  readonly #execution: string;
  readonly #frames = new Map<number, Buffer>();

  constructor(key: string, execution: Execution) {
    this.key = key;
    this.#execution = JSON.stringify(execution);
  }

  /** A whole WebSocket frame. Shared, so never change it. */
  frameFor(subscription: number): Buffer {
    const known = this.#frames.get(subscription);
    if (known !== undefined) return known;
    const text = `{"t":"execution","id":${subscription},"execution":${this.#execution}}`;
    const { frame, at } = newFrame(OPCODE.text, Buffer.byteLength(text));
    frame.write(text, at);
    this.#frames.set(subscription, frame);
    return frame;
  }
}
