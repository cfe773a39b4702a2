import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type FleetView, parseFleetView } from "../../wire/fleet/node-view.ts";
import { asRecord, parseJson } from "../../wire/record.ts";
import type { Collector } from "../remote/collector.ts";
import { replaceFile } from "../replace-file.ts";

const FILE = "fleet.json";

/** The fleet as the collector showed it last: what an order needs that is signed while the collector is away. */
export class KnownFleet {
  readonly #folder: string;
  readonly #url: string;

  constructor(stateFolder: string, collector: Collector) {
    this.#folder = stateFolder;
    this.#url = collector.url;
  }

  /** Where that fails, as in a home that cannot be written to, or while another mlctl does the same, the old one stays. */
  async keep(view: FleetView): Promise<void> {
    const text = JSON.stringify({ url: this.#url, view });
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      await replaceFile(join(this.#folder, FILE), `${text}\n`, 0o600);
    } catch {
      // Nothing that is done now needs it.
    }
  }

  /** Undefined: this collector was never reached from here. Its nodes count as present: nobody knows. */
  read(): FleetView | undefined {
    let text: string;
    try {
      text = readFileSync(join(this.#folder, FILE), "utf8");
    } catch {
      return undefined;
    }
    const { url, view } = asRecord(parseJson(text)) ?? {};
    const known = url === this.#url ? parseFleetView(view) : undefined;
    return known && { ...known, nodes: known.nodes.map((node) => ({ ...node, state: "present" })) };
  }
}
