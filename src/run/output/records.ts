import { constants } from "node:os";
import type { PerStream } from "../../wire/end.ts";

/**
 * Records from the launcher's pump, over a socket or in a raw spool file, as defined by `src/launcher/record.h`. A
 * record is a head of 16 octets, its payload, and zeros up to a multiple of 16; numbers are in the machine's byte
 * order, which is little-endian wherever Node runs on Linux except s390x.
 */
export const RECORD = {
  headBytes: 16,
  /** Heads start at multiples of this. */
  alignment: 16,
  types: {
    begin: "B",
    stopped: "S",
    pid: "P",
    stdout: "1",
    stderr: "2",
    exit: "X",
    over: "Z",
    ready: "R",
    warning: "W",
    done: "D",
  },
  /** Added to a wait status: the command reached its time limit (`src/launcher/notes.h`). */
  timedOut: 0x80000000,
  /** Largest record taken whole; BEGIN is the longest. */
  maxWholeBytes: 65_536,
} as const;

/** A record taken whole. */
export interface WholeRecord {
  readonly type: string;
  readonly timeUs: number;
  readonly payload: Buffer;
}

/** Parses `name=value` fields, each closed by a NUL. A name may repeat. Octets that are not UTF-8 become U+FFFD. */
export function parseFields(payload: Buffer): Map<string, string[]> {
  const fields = new Map<string, string[]>();
  for (const field of payload.toString("utf8").split("\0")) {
    const equals = field.indexOf("=");
    if (equals < 0) continue;
    const name = field.slice(0, equals);
    fields.set(name, [...(fields.get(name) ?? []), field.slice(equals + 1)]);
  }
  return fields;
}

/** The 64-bit numbers of a payload. */
export function parseNumbers(payload: Buffer): number[] {
  const words = Math.floor(payload.length / 8);
  return Array.from({ length: words }, (_, at) => Number(payload.readBigUInt64LE(8 * at)));
}

/** Two numbers from `at` on: stdout, stderr. */
export function pairAt(numbers: readonly number[], at: number): PerStream {
  return { stdout: numbers[at] ?? 0, stderr: numbers[at + 1] ?? 0 };
}

/** Builds a record as the pump reads it. */
export function makeRecord(type: string, payload: Buffer = Buffer.alloc(0)): Buffer {
  const padded = Math.ceil(payload.length / RECORD.alignment) * RECORD.alignment;
  const record = Buffer.alloc(RECORD.headBytes + padded);
  record.writeUInt32LE(payload.length, 0);
  record.write(type, 4, "latin1");
  payload.copy(record, RECORD.headBytes);
  return record;
}

/** Real-time signals have no names, only a distance from the first that programs may use, signal(7). */
const FIRST_REAL_TIME = 34;
const NAMES = new Map<number, string>();
for (const [name, number] of Object.entries(constants.signals)) if (!NAMES.has(number)) NAMES.set(number, name);

/** How a command ended, from its wait status (wait(2)). */
export function parseStatus(status: number): { code: number | null; signal: string | null } {
  const number = status & 0x7f;
  if (number === 0) return { code: (status >> 8) & 0xff, signal: null };
  const realTime = number === FIRST_REAL_TIME ? "SIGRTMIN" : `SIGRTMIN+${number - FIRST_REAL_TIME}`;
  const other = number > FIRST_REAL_TIME - 1 ? realTime : `SIG${number}`;
  return { code: null, signal: NAMES.get(number) ?? other };
}
