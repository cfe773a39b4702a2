import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Item } from "../../src/frame/item.ts";
import { hashKey } from "../../src/frame/key-hash.ts";
import type { Slot } from "../../src/store/table/slot.ts";
import { parseBegin } from "../../src/wire/begin.ts";
import { makeExecutionId } from "../../src/wire/ids.ts";
import { STARTED_AT } from "./envelopes.ts";
import { type IngestSite, ROOT } from "./ingest-site.ts";

const NONE = { stdout: 0, stderr: 0 };

/** One execution as ingest hands it to the store, for tests that depend on a batch's borders. */
export class FakeItems {
  readonly x = makeExecutionId(Date.now(), randomBytes(16));
  readonly node = "node1";
  readonly #k = randomBytes(16).toString("base64url");

  get identity() {
    return { node: this.node, x: this.x, keyHash: hashKey(this.#k) };
  }

  /** Sends its BEGIN, and acknowledges it. */
  async begin(on: IngestSite): Promise<void> {
    await this.claim(on);
    await on.store.store([]);
  }

  claim(on: IngestSite): Promise<string> {
    const { x, node } = this;
    const common = { v: 1, x, k: this.#k, job: x, argv: ["/bin/job.sh"], cwd: "/", labels: {}, node, pid: 7 };
    const begin = parseBegin(JSON.stringify({ ...common, startedAt: STARTED_AT }));
    if (begin === undefined) throw new Error("Not a BEGIN");
    return on.store.claim({ identity: this.identity, begin, uid: 0 });
  }

  lines(on: IngestSite, from: number, to: number, text = "line"): Item<Slot> {
    const numbers = Array.from({ length: to - from + 1 }, (_, i) => from + i);
    return this.printed(
      on,
      from,
      numbers.map((n) => `stdout F ${text} ${n}`),
    );
  }

  /** @param lines Each with its stream and tag: "stderr F text". */
  printed(on: IngestSite, firstN: number, lines: readonly string[]): Item<Slot> {
    const cri = Buffer.from(lines.map((line) => `${STARTED_AT} ${line}\n`).join(""));
    const fragments = lines.filter((line) => /^std(out|err) P/.test(line)).length;
    const chunk = { firstN, count: lines.length, fragments, cri };
    return { kind: "lines", slot: on.store.slotFor(this.identity), chunk };
  }

  end(on: IngestSite, lastN: number): Item<Slot> {
    const end = { code: 0, signal: null, endedAt: STARTED_AT, lines: NONE, printed: NONE, thinned: NONE };
    const json = JSON.stringify({ ...end, dropped: NONE, cutShort: false });
    return { kind: "end", slot: on.store.slotFor(this.identity), lastN, json };
  }

  /** Extensions of its existing files. */
  endings({ dataDir }: IngestSite): string[] {
    const names = readdirSync(join(dataDir, "logs/root/2026-11-20")).filter((name) => name.startsWith(this.x));
    return names.map((name) => name.slice(`${this.x}.node1.job_sh`.length)).sort();
  }

  path({ dataDir }: { readonly dataDir: string }, ending: string): string {
    return join(dataDir, "logs/root/2026-11-20", `${this.x}.node1.job_sh${ending}`);
  }

  /** Numbers of all readable lines. Throws if one differs from the line stored under its number. */
  async numbers(on: IngestSite): Promise<number[]> {
    const found: number[] = [];
    for (let from = 1; ; ) {
      const range = { x: this.x, node: this.node, from, maxLines: 10_000, maxBytes: 4_194_304 };
      const chunks = await on.archive.read(ROOT, range);
      if (chunks.length === 0) return found;
      for (const { firstN, cri } of chunks) {
        const texts = cri.toString().split("\n").slice(0, -1);
        for (const [i, text] of texts.entries()) {
          if (!text.endsWith(` ${firstN + i}`)) throw new Error(`Line ${firstN + i} reads ${text}`);
          found.push(firstN + i);
        }
        from = firstN + texts.length;
      }
    }
  }
}

export const numbersTo = (last: number): number[] => Array.from({ length: last }, (_, i) => i + 1);
