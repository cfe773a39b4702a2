import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { hashKey } from "../../src/frame/key-hash.ts";
import { basePath } from "../../src/store/table/index-writer.ts";
import { CRI } from "../../src/wire/cri.ts";
import type { End } from "../../src/wire/end.ts";
import { fakeExecution } from "../support/envelopes.ts";
import { originOf, type StoredData } from "./stored-data.ts";
import { VariedLines } from "./varied-lines.ts";

const NODES = 100;
/** A block of StoredData; no log of a crowd is longer. */
const BLOCK_LINES = 8_192;
const LINE_FEED = 0x0a;

/** The lines of a block, the same in each: making others would take longer than everything else. */
export class RepeatedLines {
  readonly #cri = new VariedLines(0).chunk(1, BLOCK_LINES).cri;
  readonly #ends: readonly number[];

  constructor() {
    const ends = [0];
    for (let at = this.#cri.indexOf(LINE_FEED); at >= 0; at = this.#cri.indexOf(LINE_FEED, at + 1)) ends.push(at + 1);
    this.#ends = ends;
  }

  chunk(firstN: number, count: number) {
    return { firstN, count, fragments: 0, cri: this.#cri.subarray(0, this.#ends[count]) };
  }
}

/**
 * Adds ended executions of so many lines each. Each is written at one go, as its log needs no marks: adding and ending them
 * one by one would take most of the time.
 */
export function addCrowd(data: StoredData, sizes: readonly number[]): void {
  const block = new RepeatedLines();
  const none = { stdout: 0, stderr: 0 };
  let run = "";
  for (const [i, lines] of sizes.entries()) {
    const { cri } = block.chunk(1, lines);
    const { x, k, node } = fakeExecution({ node: `node${i % NODES}` });
    // Each node once; without it a reindex would choose the runs, one by one.
    if (i % NODES === 0) run = x;
    const origin = { ...originOf({ x, node, keyHash: hashKey(k), i }), run };
    const base = join(data.dataDir, "logs", basePath(origin));
    if (i === 0) mkdirSync(dirname(base), { recursive: true });
    const printed = { stdout: cri.length - lines * CRI.prefixCharacters, stderr: 0 };
    const counts = { lines: { stdout: lines, stderr: 0 }, printed, thinned: none, dropped: none };
    const end: End = { code: 0, signal: null, endedAt: origin.startedAt, ...counts, cutShort: false };
    const records = [
      { t: "begin", v: 1, ...origin },
      { t: "end", lastN: lines, end, receivedAtMs: Date.now() },
    ];
    writeFileSync(`${base}.meta`, records.map((record) => `${JSON.stringify(record)}\n`).join(""), { mode: 0o640 });
    writeFileSync(`${base}.log`, cri, { mode: 0o640 });
  }
}
