import { isAtLeast, type Level, levelOf } from "../level/level-of.ts";

export type CaseMode = "smart" | "ignore" | "match";

export interface PlainTerm {
  readonly text: string;
  readonly isNot: boolean;
}

interface LineTermsOptions {
  readonly terms: readonly PlainTerm[];
  readonly case: CaseMode;
  readonly word: boolean;
  /** The least serious level accepted. */
  readonly level?: Level | undefined;
}

/** Unicode's definition of a word (UTS #18, annex C), which ripgrep uses. */
const WORD = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;

/**
 * Conditions on a line besides its main pattern: plain texts and a level. Linear in the line's length. Composed and
 * decomposed characters are equal.
 */
export class LineTerms {
  readonly #options: LineTermsOptions;
  readonly #terms: readonly { readonly text: string; readonly isNot: boolean; readonly isExact: boolean }[];

  constructor(options: LineTermsOptions) {
    this.#options = options;
    this.#terms = options.terms.map(({ text, isNot }) => {
      const isExact = isExactCase(text, options.case);
      return { text: normal(text, isExact), isNot, isExact };
    });
  }

  /** Whether any line is accepted. */
  get isEmpty(): boolean {
    return this.#terms.length === 0 && this.#options.level === undefined;
  }

  accepts(line: string): boolean {
    const { level, word } = this.#options;
    if (level !== undefined && !isAtLeast(levelOf(line), level)) return false;
    const [exact, folded] = [normal(line, true), normal(line, false)];
    return this.#terms.every(({ text, isNot, isExact }) => contains(isExact ? exact : folded, text, word) !== isNot);
  }
}

/** `smart` is case-sensitive if the text contains a capital letter. */
function isExactCase(text: string, mode: CaseMode): boolean {
  return mode === "match" || (mode === "smart" && /\p{Uppercase}/u.test(text));
}

function normal(text: string, isExact: boolean): string {
  const composed = text.normalize("NFC");
  return isExact ? composed : composed.toLowerCase();
}

function contains(line: string, text: string, isWord: boolean): boolean {
  if (!isWord) return line.includes(text);
  for (let at = line.indexOf(text); at >= 0; at = line.indexOf(text, at + 1)) {
    const [before = ""] = [...line.slice(Math.max(0, at - 2), at)].slice(-1);
    const [after = ""] = line.slice(at + text.length, at + text.length + 2);
    if (!WORD.test(before) && !WORD.test(after)) return true;
  }
  return false;
}
