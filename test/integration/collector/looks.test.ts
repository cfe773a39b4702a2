import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { ExecutionLooks } from "../../../src/store/looks/execution-looks.ts";
import { LineScreen } from "../../../src/text/screen/line-screen.ts";
import { StreamLook } from "../../../src/text/screen/stream-look.ts";
import type { StreamLooks } from "../../../src/wire/stream-looks.ts";
import { STARTED_AT } from "../../support/envelopes.ts";
import { FakeItems } from "../../support/fake-items.ts";
import { type IngestSite, ROOT, startIngestSite } from "../../support/ingest-site.ts";
import { poll } from "../../support/poll.ts";

const RED = { foreground: 1 };
const PLAIN = { stdout: {}, stderr: {} };
/** Some marks of the log. */
const COUNT = 14_000;

const plain = (count: number): string[] => Array.from({ length: count }, (_, i) => `stdout F line ${i}`);

/** Red from line 10 to line 12,000, and of stderr one bold line. */
const COLOURED = plain(COUNT);
COLOURED[9] = "stdout F \x1b[31mred";
COLOURED[5_000] = "stderr F \x1b[1mbold";
COLOURED[5_001] = "stderr F \x1b[0mno more";
COLOURED[11_999] = "stdout F \x1b[39mplain";

async function stylesAt(on: IngestSite, a: FakeItems, n: number) {
  const looks = await poll("the looks", async () => (await on.archive.looks(ROOT, { x: a.x, n })) ?? undefined);
  return stylesOf(looks);
}

function stylesOf({ stdout, stderr }: StreamLooks) {
  return { stdout: new StreamLook(stdout).style, stderr: new StreamLook(stderr).style };
}

/** What terminals have that were given all lines before number `n` that are there. */
function byScreens(lines: readonly (string | undefined)[], n: number) {
  const screens = { stdout: new LineScreen(), stderr: new LineScreen() };
  for (const [i, line] of lines.slice(0, n - 1).entries()) {
    const [, stream = "", tag, text = ""] = /^(\w+) ([FP]) (.*)$/su.exec(line ?? "") ?? [];
    if (stream === "stdout" || stream === "stderr") screens[stream].write(text, i + 1, tag === "P");
  }
  return { stdout: screens.stdout.style, stderr: screens.stderr.style };
}

const TEXTS = ["x", "°", "\x1b[", "\x1b", "[1;31m", "\x1b[31m", "\x1b[0m", "\x1b[m", "\x1b[48;2;1;2;3m", "\x9b4m"];
const LINKS = ["\x1b]8;;http://a\x1b\\", "\x1b]8;;\x07", "\x1b]8;;", "\x90\x1b[9m", "\x9c", "\x1bP"];
const someText = fc.array(fc.constantFrom(...TEXTS, ...LINKS), { maxLength: 4 }).map((parts) => parts.join(""));
const someLine = fc
  .tuple(fc.constantFrom("stdout", "stderr"), fc.constantFrom("F", "P"), someText)
  .map((parts) => parts.join(" "));
const someLines = fc
  .array(fc.tuple(fc.nat(900), fc.array(someLine, { maxLength: 4 })), { minLength: 1, maxLength: 12 })
  .map((parts) => parts.flatMap(([count, lines]) => [...plain(count), ...lines, "stdout F end"]));

describe("the look of an execution's streams before a line", () => {
  let on: IngestSite;
  beforeAll(async () => {
    on = await startIngestSite();
  });

  it("is that of terminals that were given all lines before it, wherever one asks, with holes and late lines", async () => {
    const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 6 });
    const cuts = fc.tuple(fc.nat(), fc.nat());
    await fc.assert(
      fc.asyncProperty(someLines, places, cuts, async (lines, asked, [one, other]) => {
        const [from = 0, to = 0] = [one % lines.length, other % lines.length].sort((a, b) => a - b);
        const a = new FakeItems();
        await a.begin(on);
        if (from > 0) on.store.store([a.printed(on, 1, lines.slice(0, from))]);
        on.store.store([a.printed(on, to + 1, lines.slice(to))]);
        const holed = lines.map((line, i) => (i >= from && i < to ? undefined : line));
        const numbers = asked.map((part) => 1 + Math.round(part * lines.length));
        for (const n of numbers) expect(await stylesAt(on, a, n)).toEqual(byScreens(holed, n));
        if (to > from) on.store.store([a.printed(on, from + 1, lines.slice(from, to))]);
        for (const n of numbers) expect(await stylesAt(on, a, n)).toEqual(byScreens(lines, n));
      }),
      { numRuns: 40 },
    );
  });

  it("goes on while lines are printed", async () => {
    const a = new FakeItems();
    await a.begin(on);
    on.store.store([a.printed(on, 1, ["stdout F \x1b[31mred", "stdout F red"])]);
    expect(await stylesAt(on, a, 1_000_000)).toEqual({ ...PLAIN, stdout: RED });
    on.store.store([a.printed(on, 3, ["stdout F red\x1b[m", "stderr F \x1b[31mred"])]);
    expect(await stylesAt(on, a, 1_000_000)).toEqual({ ...PLAIN, stderr: RED });
    expect(await stylesAt(on, a, 3)).toEqual({ ...PLAIN, stdout: RED });
    expect(await stylesAt(on, a, 1)).toEqual(PLAIN);
  });

  it("is the same in a sealed log", async () => {
    const raw = await startIngestSite();
    const a = new FakeItems();
    await a.begin(raw);
    raw.store.store([a.printed(raw, 1, COLOURED), a.end(raw, COUNT)]);
    const numbers = [13_000, 10, 11, 5_001, 5_002, 5_003, 9_999, 12_000, 12_001];
    for (const n of numbers) expect(await stylesAt(raw, a, n)).toEqual(byScreens(COLOURED, n));
    await raw.stop();
    const sealed = await startIngestSite({ dataDir: raw.dataDir, sealAfterMs: 0 });
    await poll("the sealed log", () => a.endings(sealed).includes(".log.gz"));
    for (const n of numbers) expect(await stylesAt(sealed, a, n)).toEqual(byScreens(COLOURED, n));
  });

  it("that takes long to read is not waited for: it is known later", async () => {
    const a = new FakeItems();
    await a.begin(on);
    on.store.store([a.printed(on, 1, COLOURED)]);
    const { execution } = on.store.slotFor(a.identity);
    let isHasty = true;
    const wait = async (_ms: number, isOver: Promise<unknown>) => (isHasty ? false : isOver);
    const held: string[] = [];
    const hold = () => {
      held.push("held");
      return () => held.push("released");
    };
    const looks = new ExecutionLooks({ hold, wait });
    const at = { identity: a.identity, owner: "root", load: async () => execution, n: 6_000 };
    expect(await looks.before(at)).toBeNull();
    expect(await looks.before({ ...at, n: 13_000 })).toBeNull();
    isHasty = false;
    expect(stylesOf((await looks.before(at)) ?? { stdout: "", stderr: "" })).toEqual({ ...PLAIN, stdout: RED });
    expect(held).toEqual(["held", "released", "held", "released"]);
  });

  it("is found where a block that is searched ends within the bytes of an 8-bit CSI", async () => {
    const a = new FakeItems();
    await a.begin(on);
    const lines: string[] = [];
    const bytesOf = (line: string) => STARTED_AT.length + 1 + Buffer.byteLength(line) + 1;
    let left = 262_144;
    for (const line of plain(COUNT)) {
      if (left < 1_000) break;
      lines.push(line);
      left -= bytesOf(line);
    }
    // Its first byte is the last one of the block.
    const before = "stdout F ".padEnd(left - STARTED_AT.length - 2, "x");
    lines.push(`${before}\x9b31mred`, "stdout F end");
    on.store.store([a.printed(on, 1, lines)]);
    expect(await stylesAt(on, a, lines.length + 1)).toEqual({ ...PLAIN, stdout: RED });
  });

  it("is read of two executions of an owner at a time; those refused push nothing out of memory", async () => {
    const a = new FakeItems();
    await a.begin(on);
    on.store.store([a.printed(on, 1, COLOURED)]);
    const { execution } = on.store.slotFor(a.identity);
    if (execution === undefined) throw new Error("It is not stored");
    const readFrom: string[] = [];
    let goOn = (): void => undefined;
    let opened = Promise.resolve();
    const looks = new ExecutionLooks({ hold: () => () => undefined, wait: async (_ms, isOver) => isOver });
    const ask = (x: string, owner: string) => {
      const segments: typeof execution.segments = (from, count) => {
        readFrom.push(`${x} ${from}`);
        return execution.segments(from, count);
      };
      const load = async () => opened.then(() => ({ have: execution.have, segments }));
      return looks.before({ identity: { ...a.identity, x }, owner, n: 13_000, load });
    };
    expect(await ask("b1", "bob")).not.toBeNull();
    opened = new Promise((resolve) => {
      goOn = resolve;
    });
    const begun = [ask("a1", "alice"), ask("a2", "alice"), ask("b2", "bob")];
    const refused = Array.from({ length: 300 }, (_, i) => ask(`a${3 + i}`, "alice"));
    expect(new Set(await Promise.all(refused))).toEqual(new Set([null]));
    goOn();
    expect(await Promise.all(begun)).not.toContain(null);
    expect(await ask("a3", "alice")).not.toBeNull();
    readFrom.length = 0;
    expect(await ask("b1", "bob")).not.toBeNull();
    expect(readFrom).not.toContain("b1 1");
  });
});
