/** What one check found. */
export interface Finding {
  /** "unknown": this machine cannot find out, which is no fault. */
  readonly state: "ok" | "wrong" | "unknown";
  readonly what: string;
  readonly found: string;
  /** How to mend it. */
  readonly mend?: string;
}

export function ok(what: string, found: string): Finding {
  return { state: "ok", what, found };
}

export function wrong(what: string, found: string, mend: string): Finding {
  return { state: "wrong", what, found, mend };
}

export function unknown(what: string, found: string): Finding {
  return { state: "unknown", what, found };
}

const COLOURS = { ok: "32", wrong: "31", unknown: "33" } as const;
const STATE_WIDTH = "unknown".length;
const WHAT_WIDTH = "configuration".length;
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** One finding for people: a line, and below it how to mend what is wrong. */
export function formatFinding({ state, what, found, mend }: Finding, hasColours: boolean): string {
  const shown = hasColours ? `\x1b[${COLOURS[state]}m${state}\x1b[0m` : state;
  const row = `${shown}${" ".repeat(STATE_WIDTH - state.length)}  ${what.padEnd(WHAT_WIDTH)}  ${safe(found)}`;
  return mend === undefined ? row : `${row}\n${" ".repeat(STATE_WIDTH + 2)}mend: ${safe(mend)}`;
}

/** Text from files and from names of others must not control the terminal. */
function safe(text: string): string {
  return text.replace(UNSAFE, "?");
}
