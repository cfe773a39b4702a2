import type { Begin } from "../../wire/begin.ts";
import { WIRE_LIMITS } from "../../wire/limits.ts";
import { RUN_LIMITS } from "../limits.ts";

const MAX_CWD_CHARACTERS = 1_024;

/** BEGIN as one line of JSON, within the limits of the wire and of one message; members that are too long are cut. */
export function beginJson(begin: Begin): string {
  let argvCharacters: number = WIRE_LIMITS.maxArgvCharacters;
  let cwdCharacters = MAX_CWD_CHARACTERS;
  let labels = firstOf(begin.labels, WIRE_LIMITS.maxLabels);
  for (;;) {
    const cut = { argv: cutWords(begin.argv, argvCharacters), cwd: begin.cwd.slice(0, cwdCharacters), labels };
    const json = printable(JSON.stringify({ ...begin, ...cut }));
    if (Buffer.byteLength(json) <= RUN_LIMITS.beginBytes) return json;
    if (argvCharacters > 1) argvCharacters = argvCharacters >> 1;
    else if (cwdCharacters > 0) cwdCharacters = cwdCharacters >> 1;
    else labels = firstOf(labels, Object.keys(labels).length - 1);
  }
}

function firstOf(labels: Begin["labels"], count: number): Begin["labels"] {
  return Object.fromEntries(Object.entries(labels).slice(0, count));
}

/** The first words, up to `maxCharacters` in all; at least one word, which may be cut to nothing. */
function cutWords(words: readonly string[], maxCharacters: number): string[] {
  const kept: string[] = [];
  let room = maxCharacters;
  for (const word of words.slice(0, WIRE_LIMITS.maxArgvElements)) {
    if (room === 0 && kept.length > 0) break;
    kept.push(word.slice(0, room));
    room = Math.max(0, room - word.length);
  }
  return kept;
}

/** JSON escapes for characters that a relay or a terminal might act on, and for halves of a cut character. */
function printable(json: string): string {
  return json.replace(/[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
