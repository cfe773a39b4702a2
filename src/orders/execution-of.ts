import { createHash } from "node:crypto";

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const TIME_CHARACTERS = 10;

/**
 * The id of the execution that a run becomes on one node, known before it starts: the run's time, so that it sorts by it,
 * and 80 bits of SHA-256 over run and node, so that each node's execution has an id of its own.
 */
export function executionOf(run: string, node: string): string {
  const hash = createHash("sha256").update(`${run}\0${node}`).digest();
  const tail = Array.from(hash.subarray(0, run.length - TIME_CHARACTERS), (byte) => ALPHABET.charAt(byte & 31));
  return run.slice(0, TIME_CHARACTERS) + tail.join("");
}
