import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import type { RunLine, RunLinesPage } from "../../../src/wire/run-lines.ts";
import { formatRunPlace } from "../../../src/wire/run-lines.ts";
import { asTime } from "../../../src/wire/time.ts";
import { type RunSite, startRunSite } from "../../support/run-site.ts";
import { type Browser, signedIn } from "../../support/web.ts";

let on: RunSite;
let alice: Browser;
let jobs = 0;

beforeAll(async () => {
  on = await startRunSite();
  alice = await signedIn(on.origin, "alice");
});

/** A line as one execution printed it, `ms` after the start of the job. */
interface Printed {
  readonly rank: number;
  readonly ms: number;
  readonly text: string;
}

/** Stores a job. Returns its name, and its lines in the order in which a merged view shows them. */
async function store(
  printed: readonly Printed[],
): Promise<{ job: string; lines: readonly string[]; startedMs: number }> {
  const { site, clock } = on;
  jobs += 1;
  const job = `job-${jobs}`;
  const startedMs = clock.nowMs;
  const count = Math.max(...printed.map(({ rank }) => rank)) + 1;
  const ranks = await on.begin(
    Array.from({ length: count }, (_, rank) => ({ job, run: "1", node: `node${rank}`, rank, startedMs })),
  );
  for (const { rank, ms, text } of printed) {
    const one = ranks[rank];
    if (one !== undefined) await site.store.store([one.lines(site, startedMs + ms, [text])]);
  }
  const x = (rank: number): string => ranks[rank]?.x ?? "";
  const inOrder = [...printed].sort(
    (a, b) => a.ms - b.ms || (x(a.rank) < x(b.rank) ? -1 : x(a.rank) > x(b.rank) ? 1 : 0),
  );
  return { job, lines: inOrder.map(({ text }) => text), startedMs };
}

async function page(query: string): Promise<RunLinesPage> {
  const { status, json } = await alice.get(`/api/run-lines?${query}`);
  if (status !== 200) throw new Error(`${query} was answered with ${status}`);
  return json as RunLinesPage;
}

/** All lines, page after page from one end to the other. */
async function walk(job: string, side: "before" | "after", limit: number): Promise<string[]> {
  const pages: string[][] = [];
  let place = side === "before" ? "end" : "start";
  for (;;) {
    const { lines, executions, isMore } = await page(`job=${job}&run=1&${side}=${place}&limit=${limit}`);
    const texts = lines.map(({ text }) => text ?? "");
    if (side === "before") pages.unshift(texts);
    else pages.push(texts);
    const edge: RunLine | undefined = side === "before" ? lines[0] : lines.at(-1);
    const x = executions[edge?.s ?? 0]?.x;
    if (!isMore || edge === undefined || x === undefined) return pages.flat();
    place = formatRunPlace({ time: edge.time, x, n: edge.n });
  }
}

test("pages from both ends give every line of every execution once, in order of time", async () => {
  const printed = fc.array(fc.record({ rank: fc.nat(4), step: fc.nat(2) }), { minLength: 1, maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(printed, fc.integer({ min: 1, max: 25 }), async (steps, limit) => {
      let ms = 0;
      const lines = steps.map(({ rank, step }, i) => {
        ms += step;
        return { rank, ms, text: `line ${i} of rank ${rank}` };
      });
      const { job, lines: expected } = await store(lines);
      expect(await walk(job, "after", limit)).toEqual(expected);
      expect(await walk(job, "before", limit)).toEqual(expected);
    }),
    { numRuns: 12 },
  );
});

test("opens a long run at any time, whatever the length of its lines", async () => {
  const ranks = 5;
  const long = "x".repeat(3_000);
  const printed = Array.from({ length: 1_500 }, (_, i) => {
    const text = `${i} ${i % 7 === 0 ? long : ""}`;
    return { rank: (i * 7) % ranks, ms: i * 10 + (i > 700 ? 60_000 : 0), text };
  });
  const { job, lines, startedMs } = await store(printed);
  for (const i of [0, 1, 333, 700, 701, 1_203, 1_499]) {
    const { ms = 0 } = printed[i] ?? {};
    const time = asTime(startedMs + ms);
    const after = await page(`job=${job}&after=${time}&limit=20`);
    expect(after.lines.map(({ text }) => text)).toEqual(lines.slice(i, i + 20));
    const { lines: before } = await page(`job=${job}&before=${time}&limit=20`);
    expect(before.map(({ text }) => text)).toEqual(lines.slice(Math.max(0, i - 19), i + 1));
    const [first] = after.lines;
    const execution = after.executions[first?.s ?? 0];
    expect(execution?.node).toBe(`node${printed[i]?.rank}`);
    // Its number is that under which the execution's own page has it.
    const { json } = await alice.get(`/api/executions/${execution?.x}/lines?from=${first?.n}&limit=1`);
    expect(json).toMatchObject({ lines: [{ text: lines[i] }] });
  }
  const { lines: some } = await page(`job=${job}&after=start&node=node2&limit=3`);
  expect(some.map(({ text }) => text)).toEqual(
    printed
      .filter(({ rank }) => rank === 2)
      .slice(0, 3)
      .map(({ text }) => text),
  );
});

test.each([
  ["/api/run-lines?after=start", 400],
  ["/api/run-lines?job=job-1", 400],
  ["/api/run-lines?job=job-1&after=start&before=end", 400],
  ["/api/run-lines?job=job-1&after=yesterday", 400],
  ["/api/run-lines?job=none&after=start", 404],
  ["/api/run-lines?job=job-1&run=2&after=start", 404],
])("answers %s with %i", async (path, status) => {
  expect((await alice.get(path)).status).toBe(status);
});

test("another user sees no line of it", async () => {
  const bob = await signedIn(on.origin, "bob");
  for (const path of ["/api/run-lines?job=job-1&after=start", "/api/run-lines?job=job-1&owner=alice&after=start"])
    expect((await bob.get(path)).status).toBe(404);
});
