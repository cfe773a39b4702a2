import { WIRE_LIMITS } from "../../wire/limits.ts";
import { MAX_RELP_DIGITS, MAX_TXNR } from "../../wire/relp-numbers.ts";

/**
 * The receiving half of RELP: `TXNR SP COMMAND SP LENGTH [SP DATA] LF`, TXNR and LENGTH of at most 9 digits
 * (https://github.com/rsyslog/librelp/blob/master/doc/relp.html). TLS, if used, is below and starts at once.
 */
export interface RelpHandler {
  open(txnr: number, offers: string): void;
  /**
   * One message, `data[at..end)`, valid during the call. Return false to stop here and keep the rest until `resume`.
   */
  message(data: Buffer, at: number, end: number): boolean;
  close(txnr: number): void;
}

/** Why a session was refused: a label of its counter. */
export type RelpFault = "header" | "length" | "too-long" | "trailer" | "command" | "not-open" | "second-open" | "jump";

const SPACE = 0x20;
const LINE_FEED = 0x0a;
const ZERO = 0x30;
const NINE = 0x39;
const MAX_COMMAND_BYTES = 32;
/** TXNR, command and length, each followed by a space. */
const MAX_HEADER_BYTES = MAX_RELP_DIGITS + MAX_COMMAND_BYTES + MAX_RELP_DIGITS + 3;
const FIRST_HELD_BYTES = 16_384;
/** One frame of the largest size. */
const MAX_HELD_BYTES = MAX_HEADER_BYTES + WIRE_LIMITS.maxRelpDataBytes + 1;
const SYSLOG = Buffer.from("syslog ");
const EMPTY = Buffer.alloc(0);

/** A session's parser: bytes in, commands out, their order checked. Holds at most one unfinished frame. */
export class RelpParser {
  readonly #handler: RelpHandler;
  /** `[from, to)` waits: the start of one frame or, when stopped, everything received since. */
  #held: Buffer = EMPTY;
  #from = 0;
  #to = 0;
  /** Bytes still needed before the held frame can be parsed. */
  #missingBytes = MAX_HEADER_BYTES;
  #txnr = 0;
  #isOpen = false;
  #isClosed = false;
  #stopped = false;
  #fault: RelpFault | undefined;

  constructor(handler: RelpHandler) {
    this.#handler = handler;
  }

  /** TXNR of the last command taken. */
  get txnr(): number {
    return this.#txnr;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Bytes that wait for the rest of their frame, or for `resume`. */
  get waitingBytes(): number {
    return this.#to - this.#from;
  }

  /** Takes bytes as received. A fault is final: the connection must be closed. */
  feed(chunk: Buffer): RelpFault | undefined {
    let at = 0;
    // Copies only the frame that spans two chunks: copying the chunk would double the allocations.
    while (this.#to > this.#from && at < chunk.length && !this.#isHalted) {
      const end = Math.min(chunk.length, at + this.#missingBytes);
      this.#hold(chunk, at, end);
      at = end;
      const taken = this.#parse(this.#held, this.#from, this.#to) - this.#from;
      if (taken === 0) continue;
      // The held bytes were the start of one frame, so everything after it is in the chunk.
      at = end - (this.#to - this.#from - taken);
      this.#release();
    }
    if (!this.#isHalted) at = this.#parse(chunk, at, chunk.length);
    if (!this.#isClosed && at < chunk.length) this.#hold(chunk, at, chunk.length);
    return this.#fault;
  }

  /** Continues after a message that returned false. */
  resume(): RelpFault | undefined {
    this.#stopped = false;
    this.#from = this.#parse(this.#held, this.#from, this.#to);
    if (this.#from === this.#to || this.#isClosed) this.#release();
    return this.#fault;
  }

  get #isHalted(): boolean {
    return this.#fault !== undefined || this.#stopped || this.#isClosed;
  }

  /** Parses commands from `at` on. Returns the start of the first one that is incomplete or not wanted yet. */
  #parse(data: Buffer, at: number, end: number): number {
    while (at < end && !this.#isHalted) {
      const next = this.#command(data, at, end);
      if (next < 0) break;
      at = next;
    }
    return at;
  }

  #hold(chunk: Buffer, at: number, end: number): void {
    const waiting = this.#to - this.#from;
    const bytes = waiting + end - at;
    if (bytes > this.#held.length - this.#from) {
      const held = bytes > this.#held.length ? Buffer.allocUnsafeSlow(Math.max(bytes, FIRST_HELD_BYTES)) : this.#held;
      this.#held.copy(held, 0, this.#from, this.#to);
      this.#held = held;
      this.#from = 0;
      this.#to = waiting;
    }
    this.#to += chunk.copy(this.#held, this.#to, at, end);
  }

  #release(): void {
    this.#from = 0;
    this.#to = 0;
    // The buffer grew larger while the parser was stopped.
    if (this.#held.length > MAX_HELD_BYTES) this.#held = EMPTY;
  }

  /** Parses one command at `at`. Returns the start of the next, or -1: incomplete, or a fault. */
  #command(data: Buffer, at: number, end: number): number {
    this.#missingBytes = MAX_HEADER_BYTES;
    let i = at;
    let txnr = 0;
    let byte = data[i] ?? 0;
    while (i < end && byte >= ZERO && byte <= NINE) {
      txnr = txnr * 10 + (byte - ZERO);
      i += 1;
      byte = data[i] ?? 0;
    }
    if (i - at > MAX_RELP_DIGITS) return this.#refuse("header");
    if (i >= end) return -1;
    if (i === at || byte !== SPACE) return this.#refuse("header");
    i += 1;
    const commandAt = i;
    let isSyslog = true;
    for (let c = 0; c < SYSLOG.length; c += 1) {
      if (data[i + c] !== SYSLOG[c]) {
        isSyslog = false;
        break;
      }
    }
    if (isSyslog) {
      i += SYSLOG.length;
    } else {
      const space = data.indexOf(SPACE, commandAt);
      const commandEnd = space < 0 || space >= end ? end : space;
      if (commandEnd - commandAt > MAX_COMMAND_BYTES) return this.#refuse("header");
      if (commandEnd === end) return -1;
      i = commandEnd + 1;
    }
    const lengthAt = i;
    let length = 0;
    byte = data[i] ?? 0;
    while (i < end && byte >= ZERO && byte <= NINE) {
      length = length * 10 + (byte - ZERO);
      i += 1;
      byte = data[i] ?? 0;
    }
    if (i - lengthAt > MAX_RELP_DIGITS) return this.#refuse("length");
    if (i >= end) return -1;
    if (i === lengthAt) return this.#refuse("length");
    // Checked against the limit before anything waits for that many bytes.
    if (length > WIRE_LIMITS.maxRelpDataBytes) return this.#refuse("too-long");
    if (byte === SPACE) i += 1;
    else if (byte !== LINE_FEED || length > 0) return this.#refuse("length");
    const dataEnd = i + length;
    if (dataEnd >= end) {
      this.#missingBytes = dataEnd + 1 - end;
      return -1;
    }
    if (data[dataEnd] !== LINE_FEED) return this.#refuse("trailer");
    if (txnr !== (this.#txnr === MAX_TXNR ? 1 : this.#txnr + 1)) return this.#refuse("jump");
    this.#txnr = txnr;
    if (isSyslog) {
      if (!this.#isOpen) return this.#refuse("not-open");
      if (!this.#handler.message(data, i, dataEnd)) this.#stopped = true;
    } else {
      this.#other(data.toString("latin1", commandAt, lengthAt - 1), data.toString("latin1", i, dataEnd));
    }
    return this.#fault === undefined ? dataEnd + 1 : -1;
  }

  #other(command: string, body: string): void {
    if (command === "open") {
      if (this.#isOpen) {
        this.#refuse("second-open");
        return;
      }
      this.#isOpen = true;
      this.#handler.open(this.#txnr, body);
    } else if (command === "close") {
      this.#isClosed = true;
      this.#handler.close(this.#txnr);
    } else {
      this.#refuse("command");
    }
  }

  #refuse(fault: RelpFault): -1 {
    this.#fault = fault;
    return -1;
  }
}
