import { parseNodeRange } from "../../../../src/text/nodes/node-range.ts";
import { grepLine } from "../../../../src/text/query/grep-line.ts";
import type { CaseMode } from "../../../../src/text/query/line-terms.ts";
import { type MainPattern, mainPattern } from "../../../../src/text/query/main-pattern.ts";
import { type ParsedQuery, parseQuery } from "../../../../src/text/query/parse-query.ts";
import { parseTime } from "../../../../src/text/time/time-of.ts";
import type { Target } from "../../../../src/wire/live.ts";
import type { StreamName } from "../../../../src/wire/stream-name.ts";
import { asTime } from "../../../../src/wire/time.ts";
import type { Word } from "../../text/text-matches.ts";
import { find as t } from "../../texts/en/find.ts";

/** Options of the search field besides its text. */
interface FindOptions {
  readonly case: CaseMode;
  readonly word: boolean;
}

export interface FindInput {
  readonly typed: string;
  readonly options: FindOptions;
  readonly what: Target;
  /** The page's choice; a typed stream takes precedence. */
  readonly stream: StreamName | undefined;
  readonly node: string;
  /** Only these executions; empty: all. */
  readonly only: readonly string[];
  readonly nowMs: number;
}

/** A search for the collector, and what the page shows of it. */
export interface FindRequest {
  /** Body of `POST /api/search`, without what each request adds. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Whether one execution is searched, whose lines can be requested by number. */
  readonly isOne: boolean;
  /** Texts to mark in rows. Matches of an expression come from the collector. */
  readonly words: readonly Word[];
  /** The same search as a shell command. */
  readonly command: string;
}

/** Why a search cannot be done, in words. */
export interface FindProblem {
  readonly problem: string;
}

/** Undefined if there is nothing to search for. */
export function findRequest(input: FindInput): FindRequest | FindProblem | undefined {
  const { typed, options, what, nowMs } = input;
  const parsed = parseQuery(typed);
  const fields = { ...(input.stream === undefined ? {} : { stream: input.stream }), ...parsed.fields };
  if (parsed.problems.length > 0) return { problem: parsed.problems.join("; ") };
  if (parsed.terms.length === 0 && Object.keys(fields).length === 0) return undefined;
  const main = mainPattern(parsed, options);
  if ("problem" in main) return main;
  const node = fields.node ?? input.node;
  const range = node === "" ? { nodes: [] } : parseNodeRange(node);
  if ("problem" in range) return range;
  const times = new Map<string, string>();
  for (const name of ["since", "until"] as const) {
    const text = fields[name];
    if (text === undefined) continue;
    const atMs = parseTime(text, nowMs);
    if (atMs === undefined) return { problem: t.noTime(`${name}:${text}`) };
    times.set(name, asTime(atMs));
  }
  const { stream, level, state, rank } = fields;
  return {
    body: {
      ...main,
      what,
      nodes: range.nodes,
      only: input.only,
      labels: rank === undefined ? {} : { rank },
      stream,
      level,
      state,
      ...Object.fromEntries(times),
    },
    isOne: "x" in what,
    words: wordsOf(parsed, options),
    command: commandOf(main, { ...fields, ...(node === "" ? {} : { node }) }, what),
  };
}

function wordsOf({ terms }: ParsedQuery, { case: mode }: FindOptions): Word[] {
  const texts = terms.filter(({ is, isNot }) => is === "text" && !isNot).map(({ text }) => text);
  return texts.map((text) => ({
    text,
    isExact: mode === "match" || (mode === "smart" && /\p{Uppercase}/u.test(text)),
  }));
}

function commandOf(main: MainPattern, fields: ParsedQuery["fields"], what: Target): string {
  if ("x" in what) return grepLine(main, fields, { target: [what.x] });
  if (!("job" in what)) return grepLine(main, fields, { target: [] });
  const run = what.run === undefined ? [] : [`--run=${what.run}`];
  return grepLine(main, fields, { target: [`--job=${what.job}`, ...run] });
}
