import type { StreamName } from "../../wire/stream-name.ts";
import { RECORD, type WholeRecord } from "./records.ts";

export interface RecordConsumer {
  /**
   * Printed bytes, part of a record or all of it.
   *
   * @returns Whether more may come.
   */
  output(stream: StreamName, bytes: Buffer, timeUs: number): boolean;
  /** @returns Whether more may come. */
  record(record: WholeRecord): boolean;
}

const { headBytes, alignment, types } = RECORD;

/** Parses a stream of records, split anywhere. */
export class RecordReader {
  readonly #consumer: RecordConsumer;
  readonly #head = Buffer.alloc(headBytes);
  /** Octets received of the current record's head, and octets left of its payload and padding. */
  #headFilled = 0;
  #left = 0;
  #padding = 0;
  #type = "";
  #timeUs = 0;
  #parts: Buffer[] = [];
  #wholeBytes = 0;
  /** Bytes not yet taken. */
  #rest: Buffer = Buffer.alloc(0);
  #octets = 0;

  constructor(consumer: RecordConsumer) {
    this.#consumer = consumer;
  }

  /** Octets of the stream taken so far. */
  get octets(): number {
    return this.#octets;
  }

  /**
   * Takes as many bytes as it can. They must stay unchanged until it has taken all.
   *
   * @returns Whether all of it was taken; otherwise `resume` continues.
   */
  feed(bytes: Buffer): boolean {
    this.#rest = bytes;
    return this.resume();
  }

  resume(): boolean {
    let mayGoOn = true;
    while (mayGoOn && this.#rest.length > 0) {
      if (this.#headFilled < headBytes) this.#takeHead();
      else if (this.#left > 0) mayGoOn = this.#takePayload();
      else this.#take(Math.min(this.#padding, this.#rest.length));
      if (this.#headFilled === headBytes && this.#left === 0 && this.#padding === 0) this.#headFilled = 0;
    }
    return mayGoOn;
  }

  #takeHead(): void {
    const bytes = Math.min(headBytes - this.#headFilled, this.#rest.length);
    this.#rest.copy(this.#head, this.#headFilled, 0, bytes);
    this.#headFilled += bytes;
    this.#octets += bytes;
    this.#rest = this.#rest.subarray(bytes);
    if (this.#headFilled < headBytes) return;
    this.#left = this.#head.readUInt32LE(0);
    this.#padding = (alignment - (this.#left % alignment)) % alignment;
    this.#type = this.#head.toString("latin1", 4, 5);
    // A damaged file may hold any number: times up to this one can be formatted (the year 2255).
    this.#timeUs = Math.min(Number(this.#head.readBigUInt64LE(8)), Number.MAX_SAFE_INTEGER);
    this.#parts = [];
    this.#wholeBytes = 0;
    if (this.#left === 0) this.#consumer.record({ type: this.#type, timeUs: this.#timeUs, payload: Buffer.alloc(0) });
  }

  #takePayload(): boolean {
    const piece = this.#rest.subarray(0, Math.min(this.#left, this.#rest.length));
    this.#left -= piece.length;
    this.#octets += piece.length;
    this.#rest = this.#rest.subarray(piece.length);
    const { stdout, stderr } = types;
    if (this.#type === stdout || this.#type === stderr) {
      return this.#consumer.output(this.#type === stdout ? "stdout" : "stderr", piece, this.#timeUs);
    }
    // A copy: the caller soon reuses the bytes.
    this.#wholeBytes += piece.length;
    if (this.#wholeBytes <= RECORD.maxWholeBytes) this.#parts.push(Buffer.from(piece));
    if (this.#left > 0) return true;
    return this.#consumer.record({ type: this.#type, timeUs: this.#timeUs, payload: Buffer.concat(this.#parts) });
  }

  /** Takes padding. */
  #take(bytes: number): void {
    this.#padding -= bytes;
    this.#octets += bytes;
    this.#rest = this.#rest.subarray(bytes);
  }
}
