import { X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { NatsConnection } from "@nats-io/transport-node";
import { after } from "../../host/after.ts";
import type { Log } from "../../host/log.ts";
import type { Metrics } from "../../host/metrics.ts";
import { uriOf } from "../../orders/certificate-uri.ts";
import { FLEET_CERTIFICATES } from "../../wire/fleet-names.ts";
import { type BrokerAddress, connectToBroker } from "../link/connect.ts";
import { AdmittedNodes } from "./admitted-nodes.ts";
import { SERVER_CONF, serverConf } from "./broker-config.ts";
import { BrokerProcess } from "./broker-process.ts";
import { BrokerUnit } from "./broker-unit.ts";
import { confirmAccount } from "./confirm-reload.ts";
import { countConnections } from "./count-connections.ts";

export type BrokerForm = "child" | "unit";

interface BrokerOptions {
  readonly form?: BrokerForm;
  /** Address for nodes. */
  readonly listen: BrokerAddress;
  readonly pki: string;
  /** Folder of its configuration. */
  readonly folder: string;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly wallMs: () => number;
  /** Called when the set of nodes with a valid certificate changes. */
  readonly onNodes?: ((names: ReadonlySet<string>) => void) | undefined;
}

/** The broker: its configuration, its process, and the nodes that it admits. */
export class Broker {
  readonly nodes: AdmittedNodes;
  readonly #options: BrokerOptions;
  readonly #server: BrokerProcess | BrokerUnit;
  readonly #stopping = new AbortController();
  #system: NatsConnection | undefined;

  constructor(options: BrokerOptions) {
    this.#options = options;
    const { folder, pki, log, metrics, wallMs } = options;
    const restarts = metrics.count("ml_fleet_broker_restarts_total", "Starts of the fleet's broker after it had ended");
    const config = join(folder, SERVER_CONF);
    this.#server =
      options.form === "unit"
        ? new BrokerUnit({ folder, port: options.listen.port })
        : new BrokerProcess({ config, log, onRestart: () => restarts.inc() });
    this.nodes = new AdmittedNodes({
      pki,
      folder,
      log,
      wallMs,
      onNames: options.onNodes,
      after,
      reload: () => this.#server.reload(),
      confirm: (mark) => {
        if (this.#system === undefined) throw new Error("Cannot ask the broker: there is no connection");
        return confirmAccount(this.#system, mark, { again: () => this.#server.reload() });
      },
    });
  }

  /** Resolves with the address for the collector's own connections. */
  async start(): Promise<BrokerAddress> {
    const { listen, folder, pki, log } = this.#options;
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    const [control, system] = [uriIn(pki, FLEET_CERTIFICATES.control), uriIn(pki, FLEET_CERTIFICATES.system)];
    const write = (port: number) => {
      const text = serverConf({ ...listen, port, pki, control, system });
      writeFileSync(join(folder, SERVER_CONF), text, { mode: 0o644 });
    };
    write(listen.port);
    this.nodes.write();
    const port = await this.#server.start();
    // It keeps its port across restarts.
    if (listen.port === 0) write(port);
    const at = { host: isWildcard(listen.host) ? "127.0.0.1" : listen.host, port };
    const asking = this.#ask(at);
    // A missing unit must not delay the collector's start.
    if (this.#options.form === "unit")
      asking.catch((error) => log.event("info", "no broker", { error: String(error) }));
    else await asking;
    return at;
  }

  async #ask(at: BrokerAddress): Promise<void> {
    const { pki, log, form = "child" } = this.#options;
    const { signal } = this.#stopping;
    this.#system = await connectToBroker({ at, pki, name: FLEET_CERTIFICATES.system, log, signal });
    this.nodes.watch({ isInUse: form === "child" });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.nodes.stop();
    await this.#system?.close();
    await this.#server.stop();
  }

  /** Number of connections of a node's agents. Rejects while the broker does not answer. */
  async connectionsOf(node: string): Promise<number> {
    if (this.#system === undefined) throw new Error("Cannot ask the broker: there is no connection");
    return countConnections(this.#system, node);
  }

  /** For tests of its end. */
  get pid(): number | undefined {
    return this.#server.pid;
  }
}

function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

function uriIn(pki: string, name: string): string {
  const file = join(pki, `${name}.crt`);
  let pem: Buffer;
  try {
    pem = readFileSync(file);
  } catch (cause) {
    throw new Error(`Cannot read ${file}: \`mlctl pki fleet --dir DIR\` makes it`, { cause });
  }
  const uri = uriOf(new X509Certificate(pem));
  if (uri === undefined) throw new Error(`Cannot use ${file}: it has no URI; \`mlctl pki fleet\` makes another one`);
  return uri;
}
