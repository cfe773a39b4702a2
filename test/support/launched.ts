import { randomBytes } from "node:crypto";
import type { Item } from "../../src/frame/item.ts";
import { hashKey } from "../../src/frame/key-hash.ts";
import type { Slot } from "../../src/store/table/slot.ts";
import { parseBegin } from "../../src/wire/begin.ts";
import { makeExecutionId } from "../../src/wire/ids.ts";
import type { StreamName } from "../../src/wire/stream-name.ts";
import { asTime } from "../../src/wire/time.ts";
import type { IngestSite } from "./ingest-site.ts";

const NONE = { stdout: 0, stderr: 0 };

export interface Launch {
  readonly job: string;
  readonly run: string;
  readonly node: string;
  readonly rank?: number;
  readonly startedMs: number;
}

/** One rank of a job, as ingest hands it to the store. */
export class Launched {
  readonly x: string;
  readonly launch: Launch;
  readonly #k = randomBytes(16).toString("base64url");
  #lastN = 0;
  #beats = 0;

  constructor(launch: Launch) {
    this.x = makeExecutionId(launch.startedMs, randomBytes(16));
    this.launch = launch;
  }

  get identity() {
    return { node: this.launch.node, x: this.x, keyHash: hashKey(this.#k) };
  }

  /** Sends its BEGIN, which the next batch acknowledges. */
  async claim(on: IngestSite): Promise<void> {
    const { job, run, node, rank, startedMs } = this.launch;
    const labels = rank === undefined ? {} : { rank: String(rank) };
    const said = { v: 1, x: this.x, k: this.#k, job, run, argv: ["./train"], cwd: "/", labels, node, pid: 7 };
    const begin = parseBegin(JSON.stringify({ ...said, startedAt: asTime(startedMs) }));
    if (begin === undefined) throw new Error("Not a BEGIN");
    const outcome = await on.store.claim({ identity: this.identity, begin, uid: 0 });
    if (outcome !== "stored") throw new Error(`The BEGIN was answered with ${outcome}`);
  }

  lines(on: IngestSite, atMs: number, texts: readonly string[], stream: StreamName = "stdout"): Item<Slot> {
    const cri = Buffer.from(texts.map((text) => `${asTime(atMs)} ${stream} F ${text}\n`).join(""));
    const chunk = { firstN: this.#lastN + 1, count: texts.length, fragments: 0, cri };
    this.#lastN += texts.length;
    return { kind: "lines", slot: on.store.slotFor(this.identity), chunk };
  }

  beat(on: IngestSite): Item<Slot> {
    this.#beats += 1;
    const slot = on.store.slotFor(this.identity);
    return { kind: "beat", slot, lastN: this.#lastN, beat: this.#beats, mayBuffer: false, exit: undefined };
  }

  end(on: IngestSite, atMs: number, code = 0): Item<Slot> {
    const counts = { lines: NONE, printed: NONE, thinned: NONE, dropped: NONE, cutShort: false };
    const json = JSON.stringify({ code, signal: null, endedAt: asTime(atMs), ...counts });
    return { kind: "end", slot: on.store.slotFor(this.identity), lastN: this.#lastN, json };
  }
}
