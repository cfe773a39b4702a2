import { randomBytes } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import { dirname, join } from "node:path";
import { after } from "../../host/after.ts";
import type { Log } from "../../host/log.ts";
import { listenOnFile } from "../../host/socket-file.ts";
import { createUserDirectory, type UserDirectory } from "../../host/users.ts";
import { readAuthority } from "../../orders/authority.ts";
import type { Trusts } from "../../orders/open-order.ts";
import { parseTrust, parseWebTrust, type Trust } from "../../orders/trust.ts";
import { makeExecutionId, ULID_RANDOM_BYTES } from "../../wire/ids.ts";
import { asRecord, parseJson } from "../../wire/record.ts";
import { type AgentConfig, type Policy, parseAgentConfig } from "../config.ts";
import { Stager } from "../files/stager.ts";
import { Wants } from "../files/wants.ts";
import { SharedAccess } from "../folders/shared-access.ts";
import { Journal } from "../journal/journal.ts";
import { AGENT_LIMITS } from "../limits.ts";
import { readLines } from "../lines.ts";
import { EventFolder } from "../notices/event-folder.ts";
import { Notices } from "../notices/notices.ts";
import { TrustedFile, type TrustedText } from "../programs/trusted-file.ts";
import { Asking } from "../providers/asking.ts";
import type { Standing } from "./accepted-runs.ts";
import { Checks } from "./checks.ts";
import { Confirmation } from "./confirmation.ts";
import { Messages } from "./messages.ts";
import { NodePrograms } from "./node-programs.ts";
import { ProcessForm } from "./process-form.ts";
import { isAlive, isSystemdBooted, readBoot } from "./processes.ts";
import { Runs } from "./runs.ts";
import { type Form, Starter } from "./starter.ts";
import { sweep } from "./sweep.ts";
import { Teller } from "./teller.ts";
import { ToldLog } from "./told-log.ts";
import { UnitForm } from "./unit-form.ts";

interface RootHelperOptions {
  readonly config: AgentConfig;
  /** Read again when it changes: its policy. */
  readonly configFile: string;
  readonly supervise: string;
  readonly mlrun: string;
  /** `[program, ...args]` that answers with a built-in provider: its name and a uid follow. */
  readonly mllook: readonly string[];
  readonly log: Log;
  readonly users?: UserDirectory;
  nowMs(): number;
}

/**
 * The half of the agent that may become any user. It speaks with nobody but the other half, over a unix socket; it believes
 * only signatures, and its own disk.
 */
export class RootHelper {
  readonly #options: RootHelperOptions;
  readonly #journal: Journal;
  readonly #teller: Teller;
  readonly #wants = new Wants();
  readonly #runs: Runs;
  readonly #confirmation: Confirmation;
  readonly #messages: Messages;
  readonly #log: ToldLog;
  readonly #notices: Notices;
  readonly #events: EventFolder;
  readonly #starter: Starter;
  readonly #programs: NodePrograms;
  readonly #server: Server;
  #peer: Socket | undefined;
  #waiting = 0;
  /** Orders that came while too many waited. The collector resends them. */
  #dropped = 0;
  #timers: NodeJS.Timeout[] = [];

  constructor(options: RootHelperOptions) {
    const { config, nowMs } = options;
    this.#options = options;
    this.#teller = new Teller(after);
    const newId = (): string => makeExecutionId(nowMs(), randomBytes(ULID_RANDOM_BYTES));
    this.#notices = new Notices({
      folder: join(config.stateDir, "notices"),
      log: options.log,
      tell: (event) => this.#teller.tell(event),
    });
    this.#log = new ToldLog({ log: options.log, notices: this.#notices, nowMs, newId });
    const log = this.#log;
    this.#journal = new Journal(config.stateDir, { id: newId(), nowMs: nowMs() });
    const [trusts, policy] = readers({ ...options, log });
    const { fleet, certificate: authority } = readAuthority(config.pki);
    const users = options.users ?? createUserDirectory();
    const take = this.#notices.add.bind(this.#notices);
    this.#events = new EventFolder({ path: config.eventsDir, users, log, take, nowMs });
    const journal = this.#journal;
    const checks = new Checks({ node: config.node, fleet, trusts, policy, users, journal, nowMs });
    const { node, runDir } = config;
    const stopFolder = join(dirname(config.socket), "stop");
    const form = formOf({ ...options, log });
    const command = form.command.bind(form);
    const stager = new Stager({ node, cache: config.cacheDir, wants: this.#wants, command });
    this.#starter = new Starter({ node, runDir, stopFolder, form, stager, journal });
    const boot = readBoot();
    const look = form.look.bind(form);
    this.#programs = new NodePrograms({ config, users, mllook: options.mllook, look, log, nowMs, after });
    const parts = {
      journal,
      checks,
      starter: this.#starter,
      services: this.#programs.services,
      shared: new SharedAccess({ folders: () => policy().folders, users }),
      teller: this.#teller,
      log,
      nowMs,
    };
    this.#runs = new Runs({ ...parts, boot, isAlive: (process) => isAlive(process, boot), after });
    const onStanding = (standing: Standing): void => {
      this.#runs.standing = standing;
    };
    this.#confirmation = new Confirmation({ ...parts, node, authority, start: newId(), onStanding });
    const find = this.#programs.providers.find.bind(this.#programs.providers);
    const asking = new Asking({ say: (run, text) => this.#teller.say(run, text), find });
    this.#messages = new Messages({ ...parts, node, asking, runs: this.#runs });
    this.#server = createServer((socket) => this.#serve(socket));
  }

  async listen(): Promise<void> {
    await listenOnFile(this.#server, { path: this.#options.config.socket, for: "owner and group" });
    this.#every(AGENT_LIMITS.lookEveryMs, () => {
      this.#runs.stepAll();
      this.#programs.look();
      this.#sayStatus();
      void this.#confirmation.ask();
      void this.#events.look();
      void this.#notices.tell();
      this.#log.sayDropped();
      this.#sayDropped();
    });
    this.#every(AGENT_LIMITS.sweepEveryMs, () => this.#sweep());
    this.#sweep();
    this.#programs.look();
    this.#runs.stepAll();
  }

  /** Commands keep running: their supervisors are separate processes. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
    this.#peer?.destroy();
    this.#runs.close();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** A single peer: a new connection replaces the previous one, which is stale. */
  #serve(socket: Socket): void {
    this.#peer?.destroy();
    this.#peer = socket;
    socket.on("error", () => {});
    socket.on("close", () => {
      if (this.#peer !== socket) return;
      this.#peer = undefined;
      this.#teller.connect(undefined);
      this.#wants.connect(undefined);
    });
    const peer = { send: (line: string) => void socket.write(`${line}\n`) };
    this.#teller.connect(peer);
    this.#wants.connect(peer);
    readLines(socket, (line) => this.#hear(line));
    this.#sayStatus();
    void this.#confirmation.ask();
  }

  #hear(line: string): void {
    const record = asRecord(parseJson(line));
    const message = record?.["message"];
    if (record?.["t"] === "answer") this.#teller.answered(line);
    if (record?.["t"] === "blob") this.#wants.answered(record);
    if (record?.["t"] !== "order" || typeof message !== "string") return;
    if (this.#waiting >= AGENT_LIMITS.waitingMessages) {
      this.#dropped += 1;
      return;
    }
    this.#waiting += 1;
    this.#messages
      .take(message)
      .catch((error) => this.#log.event("error", "cannot take an order", { error: String(error) }))
      .finally(() => {
        this.#waiting -= 1;
        this.#sayStatus();
      });
  }

  #sayStatus(): void {
    const open = this.#runs.openNames().slice(0, 64);
    const { id, sequence } = this.#journal;
    const names = open.map(({ user, run }) => `${user} ${run}`);
    this.#teller.status({
      journal: id,
      sequence,
      running: this.#runs.openCount(),
      open: names,
      ...this.#programs.offers(this.#runs.offers()),
    });
  }

  #sayDropped(): void {
    if (this.#dropped === 0) return;
    const limit = AGENT_LIMITS.waitingMessages;
    this.#log.event("warning", "too many orders at a time: they are sent again", { dropped: this.#dropped, limit });
    this.#dropped = 0;
  }

  #sweep(): void {
    const look = this.#runs.look.bind(this.#runs);
    const forget = this.#starter.forget.bind(this.#starter);
    sweep(this.#journal, { nowMs: this.#options.nowMs(), look, forget });
  }

  #every(everyMs: number, act: () => void): void {
    this.#timers.push(setInterval(act, everyMs));
  }
}

/** A systemd unit for each run, if this process may create units. */
function formOf({ config, supervise, mlrun, log }: RootHelperOptions): Form {
  const programs = { supervise, mlrun };
  if (!isSystemdBooted() || process.getuid?.() !== 0) return new ProcessForm(programs);
  return new UnitForm({ ...programs, linkFolder: join(config.stateDir, "units"), log });
}

/** Reads files that root may change at any time. Logs an error once for each change. */
function readers({ config, configFile, log }: RootHelperOptions): [() => Trusts, () => Policy] {
  const say = (path: string, fault: string): void => log.event("error", "trusts nobody", { path, fault });
  const trustOf = (path: string, parse: typeof parseTrust) =>
    new TrustedFile<Trust>(path, (read: TrustedText) => {
      if ("fault" in read) say(path, read.fault);
      const { trust, faults } = parse("text" in read ? read.text : "");
      for (const fault of faults.slice(0, AGENT_LIMITS.namedFaults)) say(path, fault);
      return trust;
    });
  const [ssh, web] = [trustOf(config.trust, parseTrust), trustOf(config.webTrust, parseWebTrust)];
  const policy = new TrustedFile<Policy>(configFile, (read) => {
    const parsed = "text" in read ? parseAgentConfig(read.text) : { problems: [read.fault] };
    if (!("problems" in parsed)) return parsed.policy;
    log.event("error", "the policy before stays", { path: configFile, problem: parsed.problems[0] });
    return config.policy;
  });
  return [() => ({ ssh: ssh.read(), web: web.read() }), () => policy.read()];
}
