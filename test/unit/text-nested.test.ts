import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type MergedLine, nestedCopies } from "../../src/text/merge/nested-copies.ts";

const NOON = Date.parse("2026-11-20T12:00:00Z");
const [OUTER, INNER, INMOST] = [0, 1, 2];

function line(source: number, atMs: number, text: string, stderr = false): MergedLine {
  return { source, time: new Date(NOON + atMs).toISOString().replace("Z", "000Z"), stderr, text };
}

/** The lines that a view shows, as `source text`. */
function shown(lines: readonly MergedLine[], within = { stdout: "stdout", stderr: "stderr" } as const): string[] {
  const enclosures = [
    { inner: INNER, outer: OUTER, within },
    { inner: INMOST, outer: INNER, within },
  ];
  const copies = nestedCopies(lines, enclosures);
  return lines.filter((each) => !copies.has(each)).map(({ source, text }) => `${source} ${text}`);
}

describe("copies of an inner execution's lines", () => {
  test("stand only in the enclosing one", () => {
    const lines = [line(OUTER, 0, "make"), line(INNER, 1, "a"), line(OUTER, 2, "a"), line(OUTER, 3, "done")];
    expect(shown(lines)).toEqual(["0 make", "1 a", "0 done"]);
  });

  test("are as many as its lines: what the enclosing one prints itself stays", () => {
    const lines = [line(INNER, 1, "ok"), line(OUTER, 2, "ok"), line(OUTER, 3, "ok")];
    expect(shown(lines)).toEqual(["1 ok", "0 ok"]);
  });

  test("may look older than their lines, or come late, but not hours late", () => {
    const early = [line(OUTER, 0, "a"), line(INNER, 900, "a")];
    const late = [line(INNER, 0, "a"), line(OUTER, 9_000, "a")];
    expect([shown(early), shown(late)]).toEqual([["1 a"], ["1 a"]]);
    const other = [line(OUTER, 0, "a"), line(INNER, 60_000, "a"), line(OUTER, 120_000, "a")];
    expect(shown(other)).toEqual(["0 a", "1 a", "0 a"]);
  });

  test("are those of the stream that it prints into", () => {
    const lines = [line(INNER, 0, "e", true), line(OUTER, 1, "e"), line(OUTER, 2, "e", true)];
    expect(shown(lines)).toEqual(["1 e", "0 e"]);
    expect(nestedCopies(lines, [{ inner: INNER, outer: OUTER, within: { stderr: "stdout" } }])).toEqual(
      new Set([lines[1]]),
    );
    expect(nestedCopies(lines, [{ inner: INNER, outer: OUTER, within: { stdout: "stdout" } }])).toEqual(new Set());
  });

  test("are left out at every level but the inmost", () => {
    expect(shown([line(INMOST, 0, "a"), line(INNER, 1, "a"), line(OUTER, 2, "a")])).toEqual(["2 a"]);
  });

  test("are never all there is: every text stays as often as the inner one printed it", () => {
    const any = fc.record({
      source: fc.constantFrom(OUTER, INNER),
      atMs: fc.nat(30_000),
      text: fc.constantFrom("a", "b"),
      stderr: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 40 }), (all) => {
        const lines = all
          .map(({ source, atMs, text, stderr }) => line(source ?? 0, atMs, text, stderr))
          .sort((a, b) => (a.time < b.time ? -1 : 1));
        const copies = nestedCopies(lines, [{ inner: INNER ?? 1, outer: OUTER ?? 0, within: { stdout: "stdout" } }]);
        for (const copy of copies) expect(copy).toMatchObject({ source: OUTER, stderr: false });
        for (const text of ["a", "b"]) {
          const inner = lines.filter((each) => each.source === INNER && !each.stderr && each.text === text);
          expect([...copies].filter((copy) => copy.text === text).length).toBeLessThanOrEqual(inner.length);
        }
      }),
    );
  });
});
