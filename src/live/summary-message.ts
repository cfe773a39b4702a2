import type { Execution } from "../wire/api.ts";
import { newFrame, OPCODE } from "./web-socket-frame.ts";

/** A summary as WebSocket messages: the same for all subscriptions of one number, and most viewers have only one. */
export class SummaryMessage {
  /** The execution's `sourceKey`. */
  readonly key: string;
  readonly #execution: string;
  readonly #frames = new Map<number, Buffer>();

  constructor(key: string, execution: Execution) {
    this.key = key;
    this.#execution = JSON.stringify(execution);
  }

  /** A whole WebSocket frame. Shared: never to be changed. */
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
