import assert from "node:assert/strict";
import { parseSearchEvent } from "../../src/wire/search-event.ts";
import { parseSearchRequest, SEARCH_REQUEST_LIMITS } from "../../src/wire/search-request.ts";
import { searchCase, stepCase } from "../support/search-cases.ts";
import { checkSearch, FORMS } from "../support/search-oracle.ts";
import type { FuzzTarget } from "./fuzz.ts";
import { mutate } from "./mutate.ts";

/**
 * A whole search, by ripgrep, beside a plain reading of the lines. A case is one set of stored executions, in one form of
 * their files, and one request: it starts ripgrep two to five times, which is all that it costs.
 */
const search: FuzzTarget = {
  name: "search",
  casesPerCase: 100,
  begin: () => (random) => {
    const search = random.of(searchCase);
    return checkSearch(search, { forms: [random.pick(FORMS)] });
  },
};

/** The hits beside a place of a run. */
const steps: FuzzTarget = {
  name: "search-steps",
  casesPerCase: 100,
  begin: () => (random) => checkSearch(random.of(stepCase), { forms: [random.pick(FORMS)] }),
};

const REQUEST = Buffer.from(
  JSON.stringify({
    what: { x: "01JDTC8V6CZ7M4V5X9Q2N3K4PW", node: "node1", owner: "alice" },
    ...{ pattern: "é a", regex: true, case: "ignore", word: true, invert: false, nodes: ["n1"], labels: { a: "b" } },
    ...{ state: "failed", stream: "stderr", since: "2026-11-20T04:17:44.960662Z", before: 1, show: "counts", limit: 7 },
  }),
);

/** A body of `POST /api/search`: refused with a reason, or within every bound. */
const searchRequest: FuzzTarget = {
  name: "search-request",
  begin: () => (random) => {
    const text = mutate(random, REQUEST).toString("utf8");
    const body = jsonOf(text);
    const parsed = parseSearchRequest(body);
    if ("problem" in parsed) {
      assert.ok(parsed.problem.length > 0 && parsed.problem.length < 1_000);
      return;
    }
    assert.ok(Buffer.byteLength(parsed.pattern) <= SEARCH_REQUEST_LIMITS.maxPatternBytes);
    assert.ok(parsed.limit >= 1 && parsed.before <= SEARCH_REQUEST_LIMITS.maxContextLines);
    assert.ok(!parsed.pattern.includes("\n") && (!parsed.regex || !parsed.pattern.includes("\r")));
  },
};

const EVENT = Buffer.from(
  JSON.stringify({
    ...{ t: "hit", x: "01JDTC8V6CZ7M4V5X9Q2N3K4PW", node: "n", owner: "o", n: 1, lastN: 2, stream: "stdout" },
    ...{ time: "2026-11-20T04:17:44.960662Z", text: "abc", cut: [1, 2], long: true, at: [[0, 1]] },
  }),
);

/** One line of the answer, as mlctl reads it: what it accepts comes out unchanged. */
const searchEvent: FuzzTarget = {
  name: "search-event",
  begin: () => (random) => {
    const event = parseSearchEvent(jsonOf(mutate(random, EVENT).toString("utf8")));
    if (event !== undefined) assert.deepEqual(parseSearchEvent(JSON.parse(JSON.stringify(event))), event);
  },
};

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export const SEARCH_TARGETS: readonly FuzzTarget[] = [search, steps, searchRequest, searchEvent];
