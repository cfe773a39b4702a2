/** Crockford's base 32 without I, L, O and U (https://github.com/ulid/spec). */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const TIME_CHARACTERS = 10;
/** One for each of its random characters. */
export const ULID_RANDOM_BYTES = 16;
const EXECUTION_ID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/**
 * Makes an execution id: a ULID, 48 bits of time and 80 of randomness, 26 characters that sort by time.
 *
 * @param nowMs Unix time in milliseconds.
 * @param random At least `ULID_RANDOM_BYTES` random bytes; only the low 5 bits of each are used.
 */
export function makeExecutionId(nowMs: number, random: Uint8Array): string {
  if (random.length < ULID_RANDOM_BYTES) {
    throw new RangeError(
      `Cannot make an execution id: ${random.length} random bytes given, ${ULID_RANDOM_BYTES} needed`,
    );
  }
  let time = "";
  let rest = Math.floor(nowMs);
  for (let i = 0; i < TIME_CHARACTERS; i += 1) {
    time = ALPHABET.charAt(rest % 32) + time;
    rest = Math.floor(rest / 32);
  }
  let tail = "";
  for (let i = 0; i < ULID_RANDOM_BYTES; i += 1) tail += ALPHABET.charAt((random[i] ?? 0) & 31);
  return time + tail;
}

/** The text itself if it is an execution id in its only canonical (upper case) spelling. */
export function parseExecutionId(text: unknown): string | undefined {
  return typeof text === "string" && EXECUTION_ID.test(text) ? text : undefined;
}
