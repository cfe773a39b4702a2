import { utimesSync } from "node:fs";
import { join } from "node:path";
import { NODES_CONF } from "./broker-config.ts";

/** The broker as a systemd unit with a separate user. systemd starts it, and reloads it when its configuration changes. */
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

  /** Touches the file, which `marcologger-broker.path` watches. */
  reload(): void {
    const now = new Date();
    utimesSync(this.#nodesConf, now, now);
  }

  async stop(): Promise<void> {}
}
