import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ApiClient } from "./api-client.ts";
import { afterwards } from "./cleanup.ts";
import type { FailingDisk } from "./failing-disk.ts";
import { freePort } from "./free-port.ts";
import { nodeSockets, startGate } from "./gate.ts";
import { HASTY_SHUTDOWN } from "./hasty-shutdown.ts";
import { poll } from "./poll.ts";
import { type Exit, type Result, type RunningProcess, run, start } from "./processes.ts";
import { ROOT } from "./programs.ts";
import { OWN_GROUP, withParameters } from "./relay.ts";
import { adoptJournal, startReplay, waitingReplays } from "./replay.ts";
import { asUser, startAsRoot, type TestUser } from "./root.ts";
import { type Rsyslogd, startRsyslogd } from "./rsyslogd.ts";
import { tempFolder } from "./temp-folder.ts";

const BIN = join(ROOT, "dist/src/bin");
export const MLCTL = join(BIN, "mlctl.js");
export const MLCOLLECTOR = join(BIN, "mlcollector.js");
export const MLRUN = join(BIN, "mlrun");

export interface Relay {
  readonly node: string;
  readonly runDir: string;
  readonly stateDir: string;
  readonly rsyslogd: Rsyslogd;
  readonly gate: RunningProcess;
  /** Sends the journal of an earlier start, if there is one. */
  readonly replay: RunningProcess | undefined;
}

interface SiteOptions {
  /** Whether the collector may check anybody's password and set ACLs for anybody. */
  readonly asRoot?: boolean;
  /** Address on which relays reach the collector. */
  readonly relpHost?: string;
  /** Lines of collector.toml. */
  readonly settings?: string;
  /** Whether it has a broker, on a port of its own. */
  readonly hasFleet?: boolean;
  /** A disk that fails below the collector's data folder. */
  readonly disk?: FailingDisk;
}

/** Place of a node's relay, if it does not connect to the collector directly. */
interface RelayPlace {
  /** The port of a proxy, for instance. */
  readonly collectorPort?: number;
  /** Runs rsyslogd through another program: `[command, ...args]`. */
  readonly through?: readonly string[];
  /** Whether the relay is part of a site's own rsyslogd. */
  readonly isDropIn?: boolean;
}

/** A site's rsyslog.conf before its drop-ins. */
const SITE_CONFIG = 'module(load="imuxsock" SysSock.Use="off")\n';

/**
 * A whole installation of the built programs on loopback: certificates, a collector, relays over TLS. Everything is in
 * one temporary folder, ended and removed afterwards.
 */
export class Site {
  readonly folder: string;
  readonly dataDir: string;
  readonly relpPort: number;
  readonly webPort: number;
  /** Port of the fleet's broker, if there is one. */
  readonly fleetPort: number;
  /** Where its nodes fetch files. */
  readonly filesPort: number;
  readonly #metricsPort: number;
  readonly #options: Required<Omit<SiteOptions, "disk">> & Pick<SiteOptions, "disk">;
  readonly #places = new Map<string, RelayPlace>();
  readonly #rsyslogds: Rsyslogd[] = [];
  #collector: RunningProcess | undefined;

  private constructor(place: {
    folder: string;
    ports: readonly [number, number, number, number, number];
    options: SiteOptions;
  }) {
    this.folder = place.folder;
    this.dataDir = join(place.folder, "data");
    [this.relpPort, this.webPort, this.#metricsPort, this.fleetPort, this.filesPort] = place.ports;
    this.#options = { asRoot: false, relpHost: "127.0.0.1", settings: "", hasFleet: false, ...place.options };
  }

  static async create(options: SiteOptions = {}): Promise<Site> {
    const folder = await tempFolder();
    const site = new Site({
      folder,
      ports: [await freePort(), await freePort(), await freePort(), await freePort(), await freePort()],
      options,
    });
    const names = options.relpHost === undefined ? [] : ["--name", options.relpHost];
    await site.mlctl("pki", "init", "--dir", site.pki, ...names);
    if (options.hasFleet === true) await site.mlctl("pki", "fleet", "--dir", site.pki);
    await site.startCollector();
    return site;
  }

  get pki(): string {
    return join(this.folder, "pki");
  }

  /** The collector's figures, as a scraper gets them. */
  async metrics(): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.#metricsPort}/metrics`)).text();
  }

  /** Helps to explain why something has not come: the collector's health, metrics, latest output, and connections. */
  async state(): Promise<string> {
    const health = await fetch(`${this.origin}/healthz`).then((response) => response.text(), String);
    const figures = (await this.metrics().catch(String)).split("\n").filter((line) => /^ml_.* [^0]/.test(line));
    const { stdout } = await run("ss", ["-tnp", `( sport = :${this.relpPort} or dport = :${this.relpPort} )`]);
    const relays = this.#rsyslogds.map(({ process }) => process.output().slice(-2_000));
    return [health, ...figures, stdout, this.collector.output().slice(-4_000), ...relays].join("\n");
  }

  get origin(): string {
    return `http://127.0.0.1:${this.webPort}`;
  }

  get collector(): RunningProcess {
    if (this.#collector === undefined) throw new Error("The collector was not started");
    return this.#collector;
  }

  async startCollector(): Promise<void> {
    const { asRoot, relpHost, settings, hasFleet, disk } = this.#options;
    const config = join(this.folder, "collector.toml");
    writeFileSync(config, settings);
    const metrics = ["--metrics", `127.0.0.1:${this.#metricsPort}`];
    const listen = ["--relp", `${relpHost}:${this.relpPort}`, "--web", `127.0.0.1:${this.webPort}`, ...metrics];
    const files = ["--fleet-files", `127.0.0.1:${this.filesPort}`];
    const fleet = hasFleet ? ["--fleet", `127.0.0.1:${this.fleetPort}`, ...files] : [];
    const args = [
      "--config",
      config,
      ...fleet,
      "--data-dir",
      this.dataDir,
      "--pki",
      this.pki,
      "--login-code",
      ...listen,
    ];
    this.#collector = asRoot
      ? startAsRoot(process.execPath, MLCOLLECTOR, ...args)
      : start(process.execPath, [MLCOLLECTOR, ...args], { env: disk?.environment(this.dataDir) });
    await this.#collector.waitFor(/#code=/);
    // Relays started before this collector would be ended after it, and without a collector each takes ten seconds.
    afterwards(async () => void (await Promise.all(this.#rsyslogds.map((rsyslogd) => rsyslogd.kill()))));
  }

  async restartCollector(signal: NodeJS.Signals): Promise<Exit> {
    const exit = await this.collector.end(signal);
    await this.startCollector();
    return exit;
  }

  /** A client signed in as the user who runs the tests, by the code that the collector printed last. */
  async api(): Promise<ApiClient> {
    const codes = [...this.collector.output().matchAll(/#code=(\S+)/g)];
    const client = new ApiClient(this.origin);
    const status = await client.login({ code: codes.at(-1)?.[1] ?? "" });
    if (status !== 204) throw new Error(`Login by code was answered with ${status}`);
    return client;
  }

  /** Starts the relay of a node, with a certificate of its own. */
  async startRelay(node: string, place: RelayPlace = {}): Promise<Relay> {
    this.#places.set(node, place);
    await this.mlctl("pki", "issue", node, "--dir", this.pki);
    return this.restartRelay(node);
  }

  /** Starts the relays of node1 and node2. */
  async startTwoRelays(place: RelayPlace = {}): Promise<Relay[]> {
    return [await this.startRelay("node1", place), await this.startRelay("node2", place)];
  }

  /** Starts a node's relay with the folders that it had before, as its units do. */
  async restartRelay(node: string): Promise<Relay> {
    const [runDir, relayDir] = [join(this.folder, node), join(this.folder, `${node}-relay`)];
    const stateDir = join(this.folder, `${node}-state`);
    mkdirSync(stateDir, { recursive: true });
    const sockets = await nodeSockets(runDir, relayDir);
    const folders = ["--run-dir", runDir, "--relay-dir", relayDir, "--state-dir", stateDir];
    const places = [...folders, "--pki", this.pki, ...OWN_GROUP];
    const { collectorPort = this.relpPort, through, isDropIn = false } = this.#places.get(node) ?? {};
    const target = ["--collector", `${this.#options.relpHost}:${collectorPort}`, "--node", node];
    const form = isDropIn ? ["--drop-in"] : [];
    const { stdout } = await this.mlctl("relay-config", ...target, ...places, ...form);
    const printed = withParameters(stdout, HASTY_SHUTDOWN);
    const config = isDropIn ? `${SITE_CONFIG}${printed}` : printed;
    const bound = [sockets.begin, sockets.lines];
    const started = { folder: stateDir, config, sockets: bound, ...(through === undefined ? {} : { through }) };
    await adoptJournal(stateDir);
    const rsyslogd = await startRsyslogd(started);
    this.#rsyslogds.push(rsyslogd);
    const isLeft = (await waitingReplays(stateDir)).length > 0;
    return {
      node,
      runDir,
      stateDir,
      rsyslogd,
      gate: await startGate(sockets),
      replay: isLeft ? startReplay(join(stateDir, "rsyslog.conf")) : undefined,
    };
  }

  /** Starts a node's gate again, with the same sockets. */
  async restartGate(relay: Relay): Promise<Relay> {
    return {
      ...relay,
      gate: await startGate(await nodeSockets(relay.runDir, join(this.folder, `${relay.node}-relay`))),
    };
  }

  /** Resolves when a node's spool has been delivered to its relay. */
  async flushSpool(relay: Pick<Relay, "node" | "runDir">, withinMs?: number): Promise<void> {
    const isFlushed = async () => {
      const { code, stdout } = await this.mlrun(relay, ["--flush"]);
      // Another flush may be using a file, and may have to leave it here.
      return code === 0 && !stdout.includes("in use");
    };
    await poll(`${relay.node}'s spool to be empty`, isFlushed, withinMs);
  }

  /** Runs a command under mlrun on a node, to its end. */
  mlrun(
    relay: Pick<Relay, "node" | "runDir">,
    args: readonly string[],
    options: { user?: TestUser; env?: NodeJS.ProcessEnv } = {},
  ): Promise<Result> {
    const words = ["--run-dir", relay.runDir, ...args];
    // Each node has a spool of its own, since all are on one machine.
    const env = { ...process.env, MLRUN_SPOOL_DIR: join(this.folder, `${relay.node}-spool`), ...options.env };
    if (options.user === undefined) return run(MLRUN, words, { env });
    const [command, ...rest] = asUser(options.user, MLRUN, ...words);
    return run(command, rest);
  }

  async mlctl(...args: readonly string[]): Promise<Result> {
    const result = await run(process.execPath, [MLCTL, ...args]);
    if (result.code !== 0) throw new Error(`mlctl ${args.join(" ")} ended with ${result.code}: ${result.stderr}`);
    return result;
  }
}
