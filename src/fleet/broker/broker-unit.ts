import { utimesSync } from "node:fs";
import { join } from "node:path";
import { NODES_CONF } from "./broker-config.ts";

/** The broker as a unit with a user of its own, which systemd starts, and reloads when its configuration has changed. */
export class BrokerUnit {
  readonly pid = undefined;
  readonly #nodesConf: string;
  readonly #port: number;

  constructor({ folder, port }: { readonly folder: string; readonly port: number }) {
    this.#nodesConf = join(folder, NODES_CONF);
    this.#port = port;
  }

  async start(): Promise<number> {
    return this.#port;
  }

  /** `marcologger-broker.path` sees that the file was touched. */
  reload(): void {
    const now = new Date();
    utimesSync(this.#nodesConf, now, now);
  }

  async stop(): Promise<void> {}
}
