import { LineFold } from "../../src/text/fold/line-fold.ts";
import { normalise } from "../../src/text/fold/normalise.ts";

const NODES = 1_000;

/**
 * Run as a process: folds made-up lines of a thousand nodes and writes what it took. Half of them are printed by every
 * node; the others are different from all before, as a log of times and addresses is.
 */
const lines = Number(process.argv[2]);
const ignored = { times: true };
let folded = 0;
let counted = 0;
const fold = new LineFold({
  keyOf: (text) => normalise(text, ignored),
  emit: ({ count }) => {
    folded += 1;
    counted += count;
  },
});
const startedAt = performance.now();
for (let i = 0; i < lines; i += 1) {
  const text =
    i % 2 === 0 ? `epoch ${Math.floor(i / (2 * NODES))} loss=0.5` : `12:00:0${i % 10} request ${i} took 3 ms`;
  fold.add(`node${Math.floor(i / 2) % NODES}`, text);
}
fold.end();
if (counted !== lines) throw new Error(`${counted} of ${lines} lines were counted`);
const seconds = (performance.now() - startedAt) / 1_000;
// Kilobytes, getrusage(2).
const mebibytes = process.resourceUsage().maxRSS / 1_024;
process.stdout.write(JSON.stringify({ "lines/s": lines / seconds, memory: mebibytes, folded }));
