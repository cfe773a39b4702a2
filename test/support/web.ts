import { holdSockets } from "../../src/bin/sharing-part.ts";
import type { AuditEvent } from "../../src/host/audit-event.ts";
import { DEFAULT_LIMITS } from "../../src/host/config-limits.ts";
import type { LogFields } from "../../src/host/log.ts";
import { createMetrics } from "../../src/host/metrics.ts";
import { createHub } from "../../src/live/hub.ts";
import { createLive, type LiveOptions } from "../../src/live/live.ts";
import type { Grants } from "../../src/sharing/grants.ts";
import type { LoginResult, LoginStep } from "../../src/web/ports.ts";
import { createWeb } from "../../src/web/web.ts";
import type { WebOptions } from "../../src/web/web-options.ts";
import { afterwards } from "./cleanup.ts";
import { FakeArchive } from "./fake-archive.ts";
import { tempFolder } from "./temp-folder.ts";

/** uid of each user that `startWeb` knows; the password of all is "right". */
export const USER_IDS: Readonly<Record<string, number>> = { alice: 1001, bob: 1002, carol: 1003, dave: 1004 };

/** Retention that keeps and deletes nothing. */
const NOTHING_KEPT: WebOptions["keeping"] = {
  holdOf: () => undefined,
  holds: () => [],
  keep: async () => ({ is: "kept" }),
  release: () => false,
  prune: async function* () {},
  usage: async () => [],
  limits: () => ({ bytesPerUser: 1_000_000_000, heldBytesPerUser: 100_000_000, diskFullSeconds: null }),
};

export interface WebFixtureOptions extends Partial<Omit<WebOptions, "limits" | "archive">> {
  /** Archive to serve instead of the fake one. */
  readonly served?: WebOptions["archive"] & LiveOptions["history"];
  readonly limits?: Partial<WebOptions["limits"]> & { websocketsPerUser?: number };
  readonly pingEveryMs?: number;
  readonly beatEveryMs?: number;
  /** The hub to which that archive publishes. */
  readonly sharedHub?: LiveOptions["hub"];
  readonly grants?: Pick<Grants, "hold">;
}

/** A web server with live viewing on a free port of 127.0.0.1, on a fake archive and fake passwords. Carol is admin. */
export async function startWeb(options: WebFixtureOptions = {}) {
  const { limits: changed, pingEveryMs, beatEveryMs, served, sharedHub, grants, ...others } = options;
  const archive = new FakeArchive();
  const events: string[] = [];
  const log = {
    event: (severity: string, message: string, fields: LogFields = {}) => {
      events.push(`${severity} ${message} ${JSON.stringify(fields)}`);
    },
  };
  const metrics = createMetrics();
  const audited: AuditEvent[] = [];
  const audit = { record: (event: AuditEvent) => void audited.push(event) };
  const limits = { ...DEFAULT_LIMITS, ...changed };
  const hub = sharedHub ?? createHub(log, options.nowMs ?? Date.now);
  const sockets = createLive({
    hub,
    history: served ?? archive,
    limits,
    log,
    audit,
    metrics,
    ...(pingEveryMs === undefined ? {} : { pingEveryMs }),
    ...(beatEveryMs === undefined ? {} : { beatEveryMs }),
  });
  const live = grants === undefined ? sockets : holdSockets(sockets, grants);
  const dataDir = await tempFolder();
  const web = createWeb({
    listen: { host: "127.0.0.1", port: 0 },
    tls: undefined,
    proxied: undefined,
    dataDir,
    uiFolder: dataDir,
    archive: served ?? archive,
    search: { run: async function* () {} },
    keeping: NOTHING_KEPT,
    shares: {
      share: async () => ({ is: "missing" }),
      unshare: () => undefined,
      list: async () => ({ shares: [], withMe: [] }),
    },
    localLogins: { create: async () => undefined, redeem: () => undefined },
    auth: {
      authenticate: async ({ user, password }) => {
        const uid = USER_IDS[user];
        if (password === "unavailable") return { is: "unavailable" };
        if (password === "right and more" && uid !== undefined)
          return askedMore({ is: "accepted", user, uid, stamp: "1" });
        const isRight = password === "right" && uid !== undefined;
        return isRight ? { is: "accepted", user, uid, stamp: "1" } : { is: "denied" };
      },
      account: async (user) => ({ uid: USER_IDS[user] ?? 0, stamp: "1" }),
    },
    waitMs: async () => undefined,
    isAdmin: async ({ user }) => user === "carol",
    live,
    health: () => [],
    limits,
    log,
    audit,
    metrics,
    ...others,
  });
  const at = await web.start();
  const port = "port" in at ? at.port : 0;
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= web.stop();
    return stopped;
  };
  afterwards(stop);
  const origin = `${options.tls === undefined ? "http" : "https"}://127.0.0.1:${port}`;
  return { archive, web, live, hub, events, audited, metrics, port, origin, dataDir: others.dataDir ?? dataDir, stop };
}

/** A login whose second step accepts "123456". */
function askedMore(accepted: LoginResult): LoginStep {
  const reply = async (text: string): Promise<LoginResult> => (text === "123456" ? accepted : { is: "denied" });
  return { is: "asked", prompt: "Code: ", isEcho: true, reply, cancel: () => undefined };
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Undefined if it is not JSON. */
  readonly json: unknown;
}

/** A browser without pages: keeps the cookie, and sends Origin with requests that change something. */
export class Browser {
  readonly #origin: string;
  cookie = "";

  constructor(origin: string) {
    this.#origin = origin;
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send("GET", path, { headers });
  }

  async post(path: string, body: unknown = {}, headers: Record<string, string> = {}): Promise<Answer> {
    const sent = { origin: this.#origin, "content-type": "application/json", ...headers };
    return this.send("POST", path, { headers: sent, body: typeof body === "string" ? body : JSON.stringify(body) });
  }

  async send(
    method: string,
    path: string,
    init: { headers?: Record<string, string>; body?: string } = {},
  ): Promise<Answer> {
    const headers = { ...(this.cookie === "" ? {} : { cookie: this.cookie }), ...init.headers };
    const response = await fetch(`${this.#origin}${path}`, { method, redirect: "manual", ...init, headers });
    for (const line of response.headers.getSetCookie()) this.cookie = line.split(";")[0] ?? "";
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: jsonOf(text) };
  }

  async login(user: string, password = "right"): Promise<Answer> {
    return this.post("/api/login", { user, password });
  }
}

export async function signedIn(origin: string, user: string): Promise<Browser> {
  const browser = new Browser(origin);
  const { status } = await browser.login(user);
  if (status !== 204) throw new Error(`Cannot sign in ${user}: ${status}`);
  return browser;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
