import { closeSync, mkdirSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";
import { hashKey } from "../../src/frame/key-hash.ts";
import { formatTimestamp } from "../../src/frame/timestamp.ts";
import { createForAppend } from "../../src/store/disk/create-file.ts";
import { OpenFiles } from "../../src/store/disk/open-files.ts";
import type { Facts } from "../../src/store/execution/facts.ts";
import { NumberedLog } from "../../src/store/execution/numbered-log.ts";
import { Sidecar } from "../../src/store/execution/sidecar.ts";
import { MemoryStretches } from "../../src/store/numbers/stretches.ts";
import { basePath } from "../../src/store/table/index-writer.ts";
import { CRI } from "../../src/wire/cri.ts";
import type { End } from "../../src/wire/end.ts";
import { fakeExecution } from "../support/envelopes.ts";
import { run } from "../support/processes.ts";
import { program } from "../support/programs.ts";
import { benchFolder, lastingFolder } from "./bench-folder.ts";
import { settleDisk } from "./disk-room.ts";

const LINE_BYTES = 100;
/** Size of a line in its log. */
export const STORED_LINE_BYTES = CRI.prefixCharacters + LINE_BYTES + 1;

/** About as much as mlrun sends at once: marks stand as close as in a log that was received. */
const BLOCK_LINES = 1_024;
const NUMBER_DIGITS = 10;
const NUMBER_AT = CRI.prefixCharacters + "epoch 3 step ".length;
const ZERO = 0x30;
const LINE_FEED = 0x0a;
export const STARTED_AT_MS = Date.UTC(2026, 10, 20, 4, 17, 44);
const NODES = 100;

export interface StoredExecution {
  readonly x: string;
  readonly k: string;
  readonly node: string;
  readonly path: string;
}

/** Executions as the collector would have stored them, through its own code, so that sidecars and marks are right. */
export class StoredData {
  readonly dataDir = lastingFolder();
  readonly #files = new OpenFiles(1);
  readonly #block = new LineBlock();
  readonly #launch: Partial<Pick<Facts, "job" | "run">>;
  readonly #stored: { readonly sidecar: Sidecar; readonly log: NumberedLog; readonly endedAt: string }[] = [];

  /** @param launch Of all executions; without it a hundred are a job. */
  constructor(launch: Partial<Pick<Facts, "job" | "run">> = {}) {
    this.#launch = launch;
  }

  /** An execution that is still running, with lines that `block` makes. */
  add(lines: number, block: Pick<LineBlock, "chunk"> = this.#block): StoredExecution {
    const i = this.#stored.length;
    const { x, k, node } = fakeExecution({ node: `node${i % NODES}` });
    const origin = { ...originOf({ x, node, keyHash: hashKey(k), i }), ...this.#launch };
    const base = join(this.dataDir, "logs", basePath(origin));
    mkdirSync(dirname(base), { recursive: true });
    const begin = `${JSON.stringify({ t: "begin", v: 1, ...origin })}\n`;
    closeSync(createForAppend(`${base}.meta`, { durable: false, content: begin }));
    const sidecar = new Sidecar(`${base}.meta`, false);
    const log = new NumberedLog({ path: `${base}.log`, name: "main", sidecar, stretches: new MemoryStretches() });
    this.#files.adopt(log, createForAppend(log.path, { durable: false }));
    let endedAt = origin.startedAt;
    for (let n = 1; n <= lines; n += BLOCK_LINES) {
      const chunk = block.chunk(n, Math.min(BLOCK_LINES, lines - n + 1));
      log.append(chunk, this.#files);
      endedAt = later(endedAt, timeOfLast(chunk.cri));
    }
    this.#files.close(log);
    this.#stored.push({ sidecar, log, endedAt });
    return { x, k, node, path: log.path };
  }

  /** The END of every execution, and the mark that a log gets when it is whole. */
  end(): void {
    const none = { stdout: 0, stderr: 0 };
    for (const { sidecar, log, endedAt } of this.#stored) {
      const { lines } = log;
      const counts = { lines: { stdout: lines, stderr: 0 }, printed: { stdout: lines * (LINE_BYTES + 1), stderr: 0 } };
      const end: End = {
        code: 0,
        signal: null,
        endedAt,
        ...counts,
        thinned: none,
        dropped: none,
        cutShort: false,
      };
      sidecar.append({ t: "end", lastN: lines, end, receivedAtMs: Date.now() });
      log.markEnd(endedAt);
    }
  }

  /** Makes the index, with the collector's command for that, and waits until all is on the disk. */
  async index(): Promise<void> {
    const config = join(benchFolder(), "collector.toml");
    writeFileSync(config, "");
    const [command, ...args] = program("mlcollector", "reindex", "--config", config, "--data-dir", this.dataDir);
    const { code, stderr } = await run(command, args);
    if (code !== 0) throw new Error(`mlcollector reindex ended with ${code}: ${stderr}`);
    await settleDisk();
  }
}

function timeOfLast(cri: Buffer): string {
  const at = cri.lastIndexOf(LINE_FEED, -2) + 1;
  return cri.toString("latin1", at, at + CRI.timeCharacters);
}

function later(a: string, b: string): string {
  return a > b ? a : b;
}

/** Of execution number `i`: the user who runs the benchmark may see it. */
export function originOf(execution: { x: string; node: string; keyHash: string; i: number }): Facts {
  const { x, node, keyHash, i } = execution;
  const { username: owner, uid } = userInfo();
  const startedAt = formatTimestamp((STARTED_AT_MS + i) * 1000);
  const job = `training-${Math.floor(i / NODES)}`;
  const labels = { rank: String(i % NODES) };
  const argv = ["/usr/bin/python3", "train.py", "--seed", String(i)];
  return { x, node, keyHash, owner, uid, job, argv, cwd: "/home/user", labels, startedAt, pid: 4711 };
}

/** Numbered lines, written into one buffer again and again. */
class LineBlock {
  readonly #bytes: Buffer;

  constructor() {
    const text = `epoch 3 step ${"0".repeat(NUMBER_DIGITS)} loss=0.1234 accuracy=0.9876 lr=0.001 `.padEnd(
      LINE_BYTES,
      "x",
    );
    this.#bytes = Buffer.from(`${formatTimestamp(STARTED_AT_MS * 1000)} stdout F ${text}\n`.repeat(BLOCK_LINES));
  }

  chunk(firstN: number, count: number): { firstN: number; count: number; fragments: number; cri: Buffer } {
    for (let i = 0; i < count; i += 1) {
      let rest = firstN + i;
      const at = i * STORED_LINE_BYTES + NUMBER_AT;
      for (let digit = NUMBER_DIGITS - 1; digit >= 0; digit -= 1) {
        this.#bytes[at + digit] = ZERO + (rest % 10);
        rest = Math.floor(rest / 10);
      }
    }
    return { firstN, count, fragments: 0, cri: this.#bytes.subarray(0, count * STORED_LINE_BYTES) };
  }
}
