import type { Entry } from "./starter.ts";

/** CLOSED of `supervise/supervise.h`. */
const CLOSED = 78;

/** @param code exit code of `mlsupervise enter`; null if it was killed. */
export function entryOf(code: number | null): Entry {
  return code === 0 ? "open" : code === CLOSED ? "closed" : "wait";
}
