import { WIRE_LIMITS } from "./limits.ts";

const CUT_MEMBERS = ["job", "argv", "cwd", "labels", "node", "run", "parent", "within", "user"] as const;
export type CutMember = (typeof CUT_MEMBERS)[number];

/** Members of a BEGIN whose length varies. */
interface Texts {
  readonly job: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly node: string;
}

/** A high surrogate at the end: half of a character. */
const HALF_CHARACTER = /[\ud800-\udbff]$/;
/** mlrun uses neither as a label, and assigning `__proto__` would create no member. */
const NO_LABEL = new Set(["", "__proto__"]);

/**
 * Cuts a BEGIN to `WIRE_LIMITS`: each member to its own limit, then, while the whole JSON is too long, the command
 * line, the folder and the labels by halves.
 *
 * @param cutBefore Members cut earlier: when a stored BEGIN arrived, or because they are malformed.
 */
export function cutBegin<T extends Texts>(
  begin: T,
  cutBefore: readonly unknown[],
): T & { readonly cut?: readonly CutMember[] } {
  const before = CUT_MEMBERS.filter((name) => cutBefore.includes(name));
  const { maxArgvCharacters, maxCwdCharacters, maxLabels, maxBeginBytes } = WIRE_LIMITS;
  let limits = { argv: maxArgvCharacters as number, cwd: maxCwdCharacters as number, labels: maxLabels as number };
  for (;;) {
    const short = {
      ...begin,
      job: cutText(begin.job, WIRE_LIMITS.maxJobCharacters),
      argv: cutWords(begin.argv, limits.argv),
      cwd: cutText(begin.cwd, limits.cwd),
      labels: cutLabels(begin.labels, limits.labels),
      node: cutText(begin.node, WIRE_LIMITS.maxNodeCharacters),
    };
    if (isWithin(JSON.stringify(short), maxBeginBytes)) {
      const cut = [...new Set([...before, ...cutMembers(begin, short)])];
      return cut.length === 0 ? short : { ...short, cut };
    }
    if (limits.argv > 1) limits = { ...limits, argv: limits.argv >> 1 };
    else if (limits.cwd > 0) limits = { ...limits, cwd: limits.cwd >> 1 };
    else limits = { ...limits, labels: limits.labels >> 1 };
  }
}

function cutMembers(whole: Texts, short: Texts): CutMember[] {
  const cut: CutMember[] = [];
  for (const name of ["job", "cwd", "node"] as const) if (short[name] !== whole[name]) cut.push(name);
  const isSameWord = (word: string, i: number) => word === whole.argv[i];
  if (short.argv.length !== whole.argv.length || !short.argv.every(isSameWord)) cut.push("argv");
  const labels = Object.entries(short.labels);
  const isSameLabel = ([key, text]: readonly [string, string]) => whole.labels[key] === text;
  if (labels.length !== Object.keys(whole.labels).length || !labels.every(isSameLabel)) cut.push("labels");
  return cut;
}

/** The first words, up to this many characters in all; at least one word, which may be cut to nothing. */
function cutWords(words: readonly string[], maxCharacters: number): string[] {
  const kept: string[] = [];
  let room = maxCharacters;
  for (const word of words.slice(0, WIRE_LIMITS.maxArgvElements)) {
    if (room === 0 && kept.length > 0) break;
    kept.push(cutText(word, room));
    room = Math.max(0, room - word.length);
  }
  return kept;
}

function cutLabels(labels: Texts["labels"], most: number): Record<string, string> {
  const kept: Record<string, string> = {};
  let left = most;
  for (const [key, text] of Object.entries(labels)) {
    if (left === 0) break;
    if (NO_LABEL.has(key) || key.length > WIRE_LIMITS.maxLabelKeyCharacters) continue;
    kept[key] = cutText(text, WIRE_LIMITS.maxLabelValueCharacters);
    left -= 1;
  }
  return kept;
}

function cutText(text: string, maxCharacters: number): string {
  return text.length <= maxCharacters ? text : text.slice(0, maxCharacters).replace(HALF_CHARACTER, "");
}

/** Whether a text takes at most this many octets in UTF-8. */
function isWithin(text: string, maxBytes: number): boolean {
  if (text.length * 3 <= maxBytes) return true;
  let bytes = 0;
  for (let i = 0; i < text.length && bytes <= maxBytes; i += 1) {
    const code = text.charCodeAt(i);
    const isHalf = code >= 0xd800 && code <= 0xdfff;
    bytes += code < 0x80 ? 1 : code < 0x800 || isHalf ? 2 : 3;
  }
  return bytes <= maxBytes;
}
