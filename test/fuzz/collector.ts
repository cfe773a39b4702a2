import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { countLines } from "../../src/frame/cri.ts";
import { createMetrics } from "../../src/host/metrics.ts";
import { Batch } from "../../src/ingest/frames/batch.ts";
import { BufferPool } from "../../src/ingest/frames/chunk-builder.ts";
import { FrameIntake } from "../../src/ingest/frames/frame-intake.ts";
import { createIngestMetrics } from "../../src/ingest/ingest-metrics.ts";
import { Archive } from "../../src/store/archive.ts";
import { IndexDb } from "../../src/store/index/index-db.ts";
import { IntervalDb } from "../../src/store/numbers/disk-intervals.ts";
import { reindex } from "../../src/store/reindex.ts";
import { Store } from "../../src/store/store.ts";
import type { Slot } from "../../src/store/table/slot.ts";
import { afterwards } from "../support/cleanup.ts";
import { type FakeExecution, fakeExecution } from "../support/envelopes.ts";
import { tempFolder } from "../support/temp-folder.ts";
import type { FuzzTarget } from "./fuzz.ts";
import { mutate } from "./mutate.ts";
import type { Random } from "./random.ts";

const EXECUTIONS = 4;
/** Cases before the executions are checked and new ones begin. */
const CASES_EACH = 400;
const CASES_A_SITE = 8_000;
/** Average number of cases between restarts of the collector. */
const RESTARTED_EVERY = 300;
const MOST = 2 ** 40;
const MAX_N = 300;
const NODE = "node1";
const ADMIN = { user: "root", uid: 0, admin: true };
const TOKENS = ['n="999999999999999"', ' f="1"', 's="stderr"', "\\n", 't="end"', 't="beat"', '"code":null'].map(
  (text) => Buffer.from(text),
);

interface Run {
  readonly fake: FakeExecution;
  /** Numbers of lines in unchanged frames. */
  readonly sent: Set<number>;
}

/**
 * Frames of a few executions in any order, some of them changed, from the connection's parser to the files of a
 * collector that is started anew now and then: each is stored or thrown away, none stops it, and of those that were not
 * changed every line is there, once, in order.
 */
const collector: FuzzTarget = {
  name: "collector",
  isSlow: true,
  inGroupsOf: CASES_EACH,
  begin: () => {
    let site: Site | undefined;
    let runs: readonly Run[] = [];
    let cases = 0;
    afterwards(() => site?.stop());
    return async (random) => {
      if (site === undefined || cases % CASES_A_SITE === 0) {
        // Running executions stay in memory by design.
        await site?.stop();
        site = await Site.open(await tempFolder());
      }
      if (cases % CASES_EACH === 0) {
        const fake = () => fakeExecution({ node: NODE, x: ulid(random), k: randomBytes(16).toString("base64url") });
        runs = Array.from({ length: EXECUTIONS }, () => ({ fake: fake(), sent: new Set<number>() }));
      }
      cases += 1;
      const run = runs[random.below(runs.length)];
      if (run === undefined) return;
      const frame = Buffer.from(frameOf(run, random));
      // A BEGIN with another key is another execution, and the second of its id is refused.
      const isChanged = random.oneIn(3) && !frame.includes(" BEGIN ");
      if (!isChanged) noteSent(run, frame.toString());
      await site.take(isChanged ? mutate(random, frame, TOKENS) : frame);
      if (random.oneIn(3)) await site.flush();
      if (random.oneIn(RESTARTED_EVERY)) site = await site.restart(random);
      if (cases % CASES_EACH === 0) for (const one of runs) await look(one, site);
    };
  },
};

/** From a connection's frames to files, in one folder. */
class Site {
  readonly archive: Archive;
  readonly #store: Store;
  readonly #intake: FrameIntake<Slot>;
  readonly #batch: Batch<Slot>;
  readonly #dataDir: string;
  readonly #start: () => Promise<void>;
  readonly #close: () => void;

  static async open(dataDir: string): Promise<Site> {
    const site = new Site(dataDir);
    await site.#start();
    return site;
  }

  private constructor(dataDir: string) {
    const metrics = createMetrics();
    const log = { event: () => {} };
    const index = new IndexDb(join(dataDir, "index.db"));
    const spill = { maxRangesInMemory: 8, db: new IntervalDb(join(dataDir, "intervals.db")) };
    const quarantine = { maxNodeBytes: MOST, maxExecutionBytes: MOST, maxExecutionsPerNode: MOST, maxAgeMs: MOST };
    const unlimited = { executionsPerMinute: 0, linesPerSecond: 0, bytesPerSecond: 0, bytesOnDisk: 0 };
    const store = new Store({
      dataDir,
      durable: false,
      indexDb: index,
      publisher: { publish: () => {}, changed: () => {} },
      ownerOf: async () => ({ name: "alice", uid: undefined }),
      clockOf: () => undefined,
      quarantine,
      maxOpenFiles: 64,
      ownerLimits: { runningExecutions: MOST, ...unlimited },
      spill,
      log,
      audit: { record: () => {} },
      metrics,
      nowMs: Date.now,
      wallMs: Date.now,
    });
    const pool = new BufferPool(16);
    const batch = new Batch<Slot>(pool);
    const counters = createIngestMetrics({ metrics, clocks: { update: () => {} }, nowMs: Date.now });
    this.#dataDir = dataDir;
    this.#store = store;
    this.#batch = batch;
    this.#intake = new FrameIntake<Slot>({
      store,
      pool,
      batch,
      node: NODE,
      log,
      metrics: counters,
      attendance: counters.presence.join(),
    });
    this.archive = new Archive(store, index);
    this.#start = async () => {
      if (!index.isCurrent) await reindex(index, { logsDir: store.logsDir, spill, nowMs: Date.now() });
      store.start();
    };
    this.#close = () => {
      index.close();
      spill.db.close();
    };
  }

  async take(frame: Buffer): Promise<void> {
    const claim = this.#intake.take(frame, 0, frame.length);
    if (claim === undefined) return;
    // As a connection does: frames before a BEGIN are stored before it.
    await this.flush();
    assert.equal(await this.#store.claim(claim), "stored");
  }

  async flush(): Promise<void> {
    const { items, release } = this.#batch.take();
    assert.equal(await this.#store.store(items), "stored");
    release();
  }

  /** Another one on the same files, with the index that it had or a new one. */
  async restart(random: Random): Promise<Site> {
    await this.flush();
    await this.#store.stop();
    this.#close();
    if (random.oneIn(3)) rmSync(join(this.#dataDir, "index.db"));
    return Site.open(this.#dataDir);
  }

  async stop(): Promise<void> {
    await this.#store.stop();
    this.#close();
    rmSync(this.#dataDir, { recursive: true, force: true });
  }
}

function frameOf({ fake }: Run, random: Random): string {
  const n = 1 + random.below(MAX_N);
  switch (random.below(10)) {
    case 0:
      return fake.begin();
    case 1:
      return fake.beat(n, random.below(100));
    case 2:
      return random.oneIn(20) ? fake.end(MAX_N) : fake.beat(n, random.below(100));
    default: {
      const texts = Array.from({ length: 1 + random.below(9) }, (_, i) => `line ${n + i}`);
      return fake.lines(n, texts, { stderr: random.oneIn(2), fragment: random.oneIn(6) });
    }
  }
}

function noteSent({ sent }: Run, frame: string): void {
  const [, n, count] = / n="(\d+)" c="(\d+)"/.exec(frame) ?? [];
  for (let i = 0; i < Number(count ?? 0); i += 1) sent.add(Number(n) + i);
}

async function look({ fake, sent }: Run, site: Site): Promise<void> {
  const { archive } = site;
  await site.take(Buffer.from(fake.begin()));
  const execution = await archive.get(ADMIN, { x: fake.x, node: NODE });
  assert.ok(execution !== undefined);
  const numbers = new Set<number>();
  let from = 1;
  for (;;) {
    const chunks = await archive.read(ADMIN, { x: fake.x, node: NODE, from, maxLines: 1_000, maxBytes: 100_000 });
    if (chunks.length === 0) break;
    for (const { firstN, count, cri } of chunks) {
      assert.ok(firstN >= from, `${firstN} comes after ${from - 1}`);
      assert.equal(countLines(cri).lines, count);
      for (let i = 0; i < count; i += 1) numbers.add(firstN + i);
      from = firstN + count;
    }
  }
  assert.equal(numbers.size, execution.lines);
  for (const n of sent) assert.ok(numbers.has(n), `line ${n} of ${fake.x} is missing`);
}

function ulid(random: Random): string {
  return Array.from({ length: 26 }, (_, i) => "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[random.below(i === 0 ? 8 : 32)]).join(
    "",
  );
}

export const COLLECTOR_TARGETS: readonly FuzzTarget[] = [collector];
