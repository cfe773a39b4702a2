import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";
import { cachedPath } from "../../src/agent/files/cached-blob.ts";
import { readLines } from "../../src/agent/lines.ts";
import { proofOf } from "../../src/orders/answer-proof.ts";
import { readAuthority } from "../../src/orders/authority.ts";
import { type Answer as Answered, parseAnswer } from "../../src/wire/fleet/answer.ts";
import { type FleetEvent, type FleetEventOf, parseFleetEvent } from "../../src/wire/fleet/event.ts";
import type { OrderedFile, OrderOf } from "../../src/wire/fleet/order.ts";
import { asRecord, parseJson } from "../../src/wire/record.ts";
import { afterwards } from "./cleanup.ts";
import { makeFleetPki } from "./fleet-broker.ts";
import { cancelOrder, FleetKey, runOrder } from "./fleet-keys.ts";
import { poll } from "./poll.ts";
import { type RunningProcess, start } from "./processes.ts";
import { ROOT } from "./programs.ts";
import { tempFolder } from "./temp-folder.ts";

const NODE = "node1";
export const AGENT_BIN = join(ROOT, "dist/src/bin");

export type State = FleetEventOf<"state">;

/** Answer of the other half of the agent, and of the collector behind it, to an event. Undefined: none. */
type Answer = (event: FleetEvent) => string | undefined;

/** The half of the agent that starts commands, on its own, with this process in the place of the other half. */
export class AgentSite {
  readonly folder: string;
  /** Of the authority and the collector. */
  readonly pki: string;
  readonly fleet: string;
  readonly #node: string;
  /** Key of `user`. */
  readonly key: FleetKey;
  readonly user: string;
  readonly states: State[] = [];
  readonly events: FleetEvent[] = [];
  /** Answers to questions, in their order. */
  readonly answers: (Answered & { readonly run: string })[] = [];
  /** Its last report on the node: services and found facts. */
  offered: readonly string[] = [];
  found: { readonly gpus: readonly string[]; readonly labels: readonly string[] } = { gpus: [], labels: [] };
  answer: Answer = () => "+";
  /** The collector's proof of an answer about the journal. */
  prove = (of: Parameters<typeof proofOf>[0]): string => proofOf(of, this.pki);
  /** Fetches a file that the collector has, by digest, as the other half of the agent would. Resolves with "" or the reason for a failure. */
  readonly blobs = new Map<string, Buffer>();
  fetch: (blob: { readonly sha256: string; readonly path: string }) => string = (blob) => this.#fetch(blob);
  root: RunningProcess | undefined;
  #socket: Socket | undefined;

  private constructor(
    folder: string,
    { pki, user, node }: { readonly pki: string; readonly user: string; readonly node: string },
  ) {
    this.folder = folder;
    this.pki = pki;
    this.user = user;
    this.#node = node;
    this.key = FleetKey.make(folder, "key");
    copyFileSync(join(pki, "ca.crt"), join(folder, "ca.crt"));
    this.fleet = readAuthority(pki).fleet;
    for (const name of ["run", "state", "count", "cache"]) mkdirSync(join(folder, name));
    chmodSync(join(folder, "run"), 0o755);
    chmodSync(join(folder, "count"), 0o777);
    this.trust(`${user} ${this.key.line}\n`);
    this.configure({});
  }

  /** @param user The user who orders: this process's own unless a test runs as root. */
  static async create(user = userInfo().username): Promise<AgentSite> {
    return AgentSite.#create({ pki: await makeFleetPki([NODE]), user, node: NODE });
  }

  /** Another node of the same fleet, for the same user. */
  async another(node: string): Promise<AgentSite> {
    return AgentSite.#create({ pki: this.pki, user: this.user, node });
  }

  static async #create(options: {
    readonly pki: string;
    readonly user: string;
    readonly node: string;
  }): Promise<AgentSite> {
    const site = new AgentSite(await tempFolder(), options);
    afterwards(() => void site.#socket?.destroy());
    return site;
  }

  get socketPath(): string {
    return join(this.folder, "run/root.sock");
  }

  get runs(): string {
    return join(this.folder, "state/runs");
  }

  trust(lines: string): void {
    writeFileSync(join(this.folder, "trust"), lines, { mode: 0o644 });
  }

  webTrust(lines: string): void {
    writeFileSync(join(this.folder, "web-trust"), lines, { mode: 0o644 });
  }

  configure(more: Readonly<Record<string, unknown>>): void {
    const settings = {
      node: this.#node,
      broker: "127.0.0.1:1",
      pki: this.folder,
      socket: this.socketPath,
      "state-dir": join(this.folder, "state"),
      "cache-dir": join(this.folder, "cache"),
      "events-dir": join(this.folder, "events"),
      trust: join(this.folder, "trust"),
      "web-trust": join(this.folder, "web-trust"),
      "run-dir": join(this.folder, "relay"),
      providers: join(this.folder, "providers.d"),
      services: join(this.folder, "services.d"),
      facts: join(this.folder, "facts.d"),
      "nvidia-smi": join(this.folder, "nvidia-smi"),
      "min-uid": 0,
      ...more,
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
    writeFileSync(join(this.folder, "agent.toml"), `${lines.join("\n")}\n`, { mode: 0o644 });
  }

  /** Starts the agent, or starts it again, and connects. `through`: `[command, ...args]` to run it with. */
  async start({
    through = [],
    env = {},
  }: {
    through?: readonly string[];
    env?: NodeJS.ProcessEnv;
  } = {}): Promise<void> {
    const command = [
      ...through,
      process.execPath,
      join(AGENT_BIN, "mlagent-root.js"),
      "--config",
      join(this.folder, "agent.toml"),
    ];
    const [program = "", ...args] = command;
    const home = join(this.folder, "home");
    mkdirSync(home, { recursive: true });
    this.root = start(program, args, { env: { ...process.env, ...env } });
    if (through.length > 0) afterwards(() => this.kill());
    let hasEnded = false;
    void this.root.ended.then(() => {
      hasEnded = true;
    });
    await poll("the root helper's socket", async () => hasEnded || (await this.#connect()));
  }

  /** Sends SIGKILL to the program itself, even if another one has started it in a namespace. */
  async kill(): Promise<void> {
    const pid = this.root?.pid;
    if (pid === undefined) return;
    try {
      const isInNamespace = readFileSync(`/proc/${pid}/comm`, "utf8") === "nsenter\n";
      const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ");
      process.kill(isInNamespace ? Number(child) : pid, "SIGKILL");
    } catch {
      // The agent has ended.
    }
    await this.root?.ended;
  }

  /** Resolves at the agent's first message: a process that was just killed may still have had its socket open. */
  #connect(): Promise<true | undefined> {
    return new Promise<true | undefined>((resolve) => {
      const socket = connect({ path: this.socketPath });
      socket.on("error", () => {});
      socket.once("close", () => resolve(undefined));
      readLines(socket, (line) => {
        this.#socket = socket;
        resolve(true);
        this.#hear(line);
      });
    });
  }

  send(message: string): void {
    this.#socket?.write(`${JSON.stringify({ t: "order", message })}\n`);
  }

  order(more: Partial<OrderOf<"run">> = {}): OrderOf<"run"> {
    return runOrder({ fleet: this.fleet, user: this.user, killAfterSeconds: 1, ...more });
  }

  /** Signs and sends an order for `sh -c script`. */
  run(script: string, more: Partial<OrderOf<"run">> = {}): OrderOf<"run"> {
    const order = this.order({ argv: ["sh", "-c", script], ...more });
    this.send(this.key.message(order));
    return order;
  }

  cancel(order: OrderOf<"run">, key = this.key, more: Partial<OrderOf<"cancel">> = {}): void {
    this.send(key.message(cancelOrder(order, more)));
  }

  /** Signs and sends a question; resolves with the node's last answer. */
  ask(provider: string, ...args: readonly string[]): Promise<Answered> {
    const { fleet, run, user, nodes, issued } = this.order();
    const times = { issued, expires: issued + 30_000, via: "ssh" } as const;
    this.send(this.key.message({ v: 1, kind: "ask", fleet, run, user, nodes, ...times, provider, args }));
    const last = () => this.answers.find((answer) => answer.run === run && answer.state !== "start");
    return poll(`the answer of ${provider}`, last).catch((error: unknown) => {
      throw new Error(`${error}; told: ${this.statesOf({ run })}\n${this.root?.output()}`);
    });
  }

  /** Writes a program of the node's administrator into a folder of the site. */
  program(path: string, script: string): void {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
  }

  /** Waits until a run's state was reported. */
  until({ run }: { readonly run: string }, ...states: readonly State["state"][]): Promise<State> {
    const told = () => this.states.find((state) => state.run === run && states.includes(state.state));
    return poll(`${states.join(" or ")} of ${run}`, told).catch((error: unknown) => {
      const records = this.recordsOf({ user: this.user, run }).join();
      throw new Error(`${error}; told: ${this.statesOf({ run })}; records: ${records}\n${this.root?.output()}`);
    });
  }

  statesOf({ run }: { readonly run: string }): string[] {
    return this.states
      .filter((state) => state.run === run)
      .map(({ state, why }) => (why === "" ? state : `${state}(${why})`));
  }

  /** A script that leaves a line at each execution. */
  counting(name: string, then = ""): string {
    return `echo x >> ${join(this.folder, "count", name)}; ${then}`;
  }

  count(name: string): number {
    try {
      return readFileSync(join(this.folder, "count", name), "utf8").split("\n").length - 1;
    } catch {
      return 0;
    }
  }

  recordsOf({ user, run }: { readonly user: string; readonly run: string }): string[] {
    try {
      return readdirSync(join(this.runs, `${user}.${run}`)).sort();
    } catch {
      return [];
    }
  }

  /** A file of an order, with these bytes. */
  file(path: string, bytes: string | Buffer, more: Partial<OrderedFile> = {}): OrderedFile {
    const data = Buffer.from(bytes);
    const sha256 = createHash("sha256").update(data).digest("hex");
    this.blobs.set(sha256, data);
    return { path, sha256, bytes: data.length, mode: 0o644, overwrite: false, unpack: "", ...more };
  }

  #fetch({ sha256, path }: { readonly sha256: string; readonly path: string }): string {
    const bytes = this.blobs.get(sha256);
    if (bytes === undefined) return "files-missing";
    writeFileSync(path, bytes);
    return "";
  }

  #hear(line: string): void {
    const record = asRecord(parseJson(line));
    if (record?.["t"] === "want") {
      const blob = { owner: String(record["owner"]), sha256: String(record["sha256"]) };
      const why = this.fetch({ ...blob, path: cachedPath(join(this.folder, "cache"), blob) });
      this.#socket?.write(`${JSON.stringify({ t: "blob", ...blob, why })}\n`);
    }
    if (record?.["t"] === "status") {
      this.offered = record["services"] as readonly string[];
      this.found = { gpus: record["gpus"] as readonly string[], labels: record["labels"] as readonly string[] };
    }
    if (record?.["t"] === "say") {
      const answer = parseAnswer(String(record["text"]));
      if (answer === undefined) throw new Error(`Not an answer: ${line}`);
      this.answers.push({ run: String(record["run"]), ...answer });
    }
    if (record?.["t"] !== "event") return;
    const text = String(record["event"]);
    const event = parseFleetEvent(text);
    if (event === undefined) throw new Error(`Not an event: ${line}`);
    this.events.push(event);
    if (event.kind === "state") this.states.push(event);
    const answer = this.answer(event);
    if (answer === undefined) return;
    const proof = event.kind === "journal" ? this.prove({ node: this.#node, event: text, answer }) : "";
    this.#socket?.write(`${JSON.stringify({ t: "answer", id: record["id"], answer, proof })}\n`);
  }
}
