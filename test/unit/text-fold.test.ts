import fc from "fast-check";
import { expect, test } from "vitest";
import { type FoldedLine, LineFold } from "../../src/text/fold/line-fold.ts";
import { normalise } from "../../src/text/fold/normalise.ts";

const same = (text: string): string => text;

function fold(lines: readonly (readonly [string, string])[], limits = {}): FoldedLine[] {
  const folded: FoldedLine[] = [];
  const fold = new LineFold({ keyOf: same, emit: (line) => folded.push(line), ...limits });
  for (const [node, text] of lines) fold.add(node, text);
  fold.end();
  return folded;
}

test("folds equal lines into one, even with others between them", () => {
  const folded = fold([
    ["n1", "epoch 1"],
    ["n2", "epoch 1"],
    ["n1", "epoch 2"],
    ["n3", "odd one"],
    ["n3", "epoch 1"],
    ["n2", "epoch 2"],
  ]);
  expect(folded.map(({ text, nodes, count }) => [text, [...nodes].join(" "), count])).toEqual([
    ["odd one", "n3", 1],
    ["epoch 1", "n1 n2 n3", 3],
    ["epoch 2", "n1 n2", 2],
  ]);
});

test("loses none and counts none twice with more different lines than it can remember", () => {
  const line = fc.tuple(fc.constantFrom("n1", "n2", "n3"), fc.constantFrom("a", "b", "c", "d", "e"));
  fc.assert(
    fc.property(fc.array(line, { maxLength: 60 }), (lines) => {
      const folded = fold(lines, { maxLines: 2 });
      expect(folded.reduce((sum, { count }) => sum + count, 0)).toBe(lines.length);
      for (const text of "abcde") {
        const counted = folded.filter((entry) => entry.text === text).reduce((sum, { count }) => sum + count, 0);
        expect(counted).toBe(lines.filter(([, printed]) => printed === text).length);
      }
    }),
  );
});

/** Folds made-up lines of 100 nodes: common ones, and as many others. Returns the most memory that it held at a time. */
function foldMany(count: number, limits: { maxLines: number; maxCharacters: number }): number {
  let [counted, held, most] = [0, 0, 0];
  const emit = ({ text, nodes, count: times }: FoldedLine) => {
    counted += times;
    held -= charactersOf(text, nodes);
  };
  const seen = new Map<string, Set<string>>();
  const fold = new LineFold({
    keyOf: (text) => text,
    emit: (line) => {
      emit(line);
      seen.delete(line.text);
    },
    ...limits,
  });
  for (let i = 0; i < count; i += 1) {
    const text = i % 2 === 0 ? `epoch ${i >> 8} loss=0.5` : `only here: ${i}`;
    const node = `node${i % 100}`;
    const nodes = seen.get(text) ?? new Set();
    held += seen.has(text) ? 0 : charactersOf(text, nodes);
    if (!nodes.has(node)) held += node.length;
    seen.set(text, nodes.add(node));
    fold.add(node, text);
    most = Math.max(most, held);
  }
  fold.end();
  expect(counted).toBe(count);
  return most;
}

const charactersOf = (text: string, nodes: ReadonlySet<string>): number =>
  text.length + [...nodes].reduce((sum, { length }) => sum + length, 0);

test("holds no more than its bounds, however many lines and nodes there are", () => {
  const maxCharacters = 200_000;
  expect(foldMany(100_000, { maxLines: 5_000, maxCharacters })).toBeLessThan(maxCharacters);
  expect(foldMany(100_000, { maxLines: 1_000_000, maxCharacters })).toBeLessThan(maxCharacters);
});

test("bounds characters, and always keeps the current line", () => {
  const folded: string[] = [];
  const fold = new LineFold({ keyOf: same, emit: ({ text }) => folded.push(text), maxCharacters: 10 });
  for (const text of ["aaaa", "bbbb", "cccccccccccc"]) fold.add("n1", text);
  expect(folded).toEqual(["aaaa", "bbbb"]);
});

test.each([
  ["2026-11-28T18:00:01.5Z up", { times: true }, "<time> up"],
  ["Nov 28 18:00:01 up at 9:15", { times: true }, "<time> up at <time>"],
  ["step 3 loss=0.125e-3 sha1", { numbers: true }, "step <number> loss=<number> sha1"],
  ["from 10.0.0.1:80 and fe80::1:2 at 0xdeadbeef", { addresses: true }, "from <address> and <address> at <address>"],
  ["id 123e4567-e89b-12d3-a456-426614174000 deadbeef0123", { addresses: true }, "id <address> <address>"],
  ["nothing to see", { times: true, numbers: true, addresses: true }, "nothing to see"],
])("normalises %j", (text, ignored, normal) => {
  expect(normalise(text, ignored)).toBe(normal);
});
