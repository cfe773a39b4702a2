import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isMissing } from "../../host/is-missing.ts";
import { parseOrder } from "../../wire/fleet/order.ts";
import { encodeParts, parseParts } from "../../wire/fleet/order-parts.ts";
import type { RunView } from "../../wire/fleet/run-view.ts";
import type { SignedOrder } from "../../wire/fleet/signed-order.ts";
import { parseExecutionId } from "../../wire/ids.ts";
import { asCount, asRecord, parseJson } from "../../wire/record.ts";
import type { Io } from "../command.ts";
import { ApiRefusal, type Collector, isAway } from "../remote/collector.ts";
import { note } from "../remote/session.ts";
import { replaceFile } from "../replace-file.ts";
import type { Batching } from "./batching.ts";
import { sendRun } from "./run-api.ts";

/** If more wait, nobody misses that collector. */
export const MAX_WAITING_ORDERS = 1_000;
/** Refusals that say nothing about the order: it is sent again later. */
const PASSING = [401, 429];

interface Waiting {
  readonly url: string;
  /** The order in parts. */
  readonly signed: readonly SignedOrder[];
  readonly batching: Batching | undefined;
}

/**
 * Signed orders that no collector has taken yet, in a folder of the user's, the oldest first. Whether one that was cut off on
 * its way has arrived, nobody knows: it is sent again, with the id that it was signed with, which is never executed twice.
 */
export class Spool {
  readonly folder: string;

  constructor(stateFolder: string) {
    this.folder = join(stateFolder, "orders");
  }

  /** Whether so many more may wait. */
  hasRoom(count: number): boolean {
    return this.#names().length + count <= MAX_WAITING_ORDERS;
  }

  /** Keeps an order. Throws if too many wait. */
  async add(collector: Collector, { signed, run, batching }: SpooledOrder): Promise<void> {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    if (!this.hasRoom(1))
      throw new RangeError(`Cannot keep the order: ${MAX_WAITING_ORDERS} wait in ${this.folder}, that is the limit`);
    const text = JSON.stringify({ url: collector.url, ...encodeParts(signed), ...batching });
    await replaceFile(join(this.folder, `${run}.json`), `${text}\n`, 0o600);
  }

  /** Sends the orders that wait for this collector, and prints the results. False while it cannot be reached. */
  async flush(collector: Collector, io: Io): Promise<boolean> {
    for (const name of this.#names()) {
      const file = join(this.folder, name);
      const waiting = waitingIn(file);
      if (waiting?.url !== collector.url) continue;
      const sent = await sendOrWhy(collector, waiting);
      if (sent === "later") return false;
      // Another mlctl may have sent it as well, and removed it.
      rmSync(file, { force: true });
      if (typeof sent === "string") note(io, `${sent}. The order that waited is removed`);
      else note(io, `sent what waited: ${sent.run} (${sent.argv.join(" ")})`);
    }
    return true;
  }

  #names(): readonly string[] {
    try {
      const names = readdirSync(this.folder).filter(
        (name) => parseExecutionId(name.replace(/\.json$/, "")) !== undefined,
      );
      return names.sort();
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }
}

/** Undefined: another mlctl has sent it, or the file is damaged, which is left where it is. */
function waitingIn(file: string): Waiting | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  const kept = parseJson(text);
  const { url, size, pausesOnFailure } = asRecord(kept) ?? {};
  const signed = parseParts(kept);
  if (typeof url !== "string" || signed?.every(({ order }) => parseOrder(order) !== undefined) !== true)
    return undefined;
  const count = asCount(size, 1);
  const batching = count === undefined ? undefined : { size: count, pausesOnFailure: pausesOnFailure === true };
  return { url, signed, batching };
}

interface SpooledOrder {
  readonly signed: readonly SignedOrder[];
  readonly run: string;
  readonly batching: Batching | undefined;
}

/** The run, or why the collector does not want it. `later`: it is away, or takes none at the moment. */
async function sendOrWhy(collector: Collector, { signed, batching }: Waiting): Promise<RunView | string> {
  try {
    return await sendRun(collector, signed, batching);
  } catch (error) {
    if (isAway(error)) return "later";
    if (!(error instanceof ApiRefusal)) throw error;
    return PASSING.includes(error.status) ? "later" : error.message;
  }
}
