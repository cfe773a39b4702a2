import { once } from "node:events";
import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { WebSocketServer } from "ws";
import { parseState } from "../../src/wire/api.ts";
import { asRecord, parseJson } from "../../src/wire/record.ts";
import type { RunPage, RunSummary } from "../../src/wire/runs.ts";
import { searchText } from "../../src/wire/search-text.ts";
import type { UserMismatch } from "../../src/wire/user-mismatch.ts";
import type { MockExecution } from "./mock-executions.ts";
import { criLines, linePage } from "./mock-lines.ts";
import { MockLive } from "./mock-live.ts";

export interface MockCollector {
  readonly url: string;
  readonly live: MockLive;
  /** Newest first, as the list shows them. Tests add to it. */
  readonly executions: MockExecution[];
  /** Requested paths of the API, with their query. */
  readonly requests: string[];
  /** Answer to the next logins; undefined: 204 and a cookie. */
  refuseLogin: { readonly status: number; readonly code: string; readonly retryAfterSeconds?: number } | undefined;
  /** Refuses WebSockets, like a collector on which this user has too many. */
  refuseSockets: boolean;
  /** Ends all sessions. */
  signOut(): void;
  close(): Promise<void>;
}

interface MockCollectorOptions {
  /** The built viewer, `dist/ui`. */
  readonly uiFolder: string;
  readonly executions?: readonly MockExecution[];
  readonly signedIn?: boolean;
  /** Whether Alice sees everybody's executions. */
  readonly admin?: boolean;
  readonly mismatches?: readonly UserMismatch[];
  readonly port?: number;
}

interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly type?: string;
  /** Bytes are sent unchanged, anything else as JSON. */
  readonly body?: object;
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/** A stand-in for the collector's web side, as strict as the real one towards the viewer. One user, no passwords. */
export async function startMockCollector(options: MockCollectorOptions): Promise<MockCollector> {
  const executions = [...(options.executions ?? [])];
  const live = new MockLive(() => executions);
  const requests: string[] = [];
  let signedIn = options.signedIn ?? true;

  function answer(url: URL, body: string): Reply {
    if (url.pathname === "/api/login") return login(body);
    if (!signedIn) return refusal(401, "unauthorized");
    if (url.pathname === "/api/logout") {
      signedIn = false;
      return { status: 204 };
    }
    if (url.pathname === "/api/me") return { status: 200, body: { user: "alice", admin: options.admin ?? false } };
    if (url.pathname === "/api/nodes") return { status: 200, body: { nodes: nodeSummaries(executions) } };
    if (url.pathname === "/api/executions") return { status: 200, body: executionPage(executions, url.searchParams) };
    if (url.pathname === "/api/user-mismatches")
      return { status: 200, body: { mismatches: options.admin === true ? (options.mismatches ?? []) : [] } };
    if (url.pathname === "/api/runs") return { status: 200, body: runPage(executions, url.searchParams) };
    return answerExecution(executions, url);
  }

  function login(body: string): Reply {
    const { refuseLogin } = mock;
    if (refuseLogin !== undefined) return refusal(refuseLogin.status, refuseLogin.code, refuseLogin);
    const { password, code } = asRecord(parseJson(body)) ?? {};
    signedIn ||= password === "right" || code === "demo";
    return signedIn ? { status: 204 } : refusal(401, "denied");
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://mock");
    const isApi = url.pathname.startsWith("/api/");
    if (isApi) requests.push(url.pathname + url.search);
    const reply = isApi ? answer(url, await readBody(request)) : await readAsset(options.uiFolder, url.pathname);
    const type = reply.type ?? "application/json";
    response.writeHead(reply.status, { ...reply.headers, "content-type": type, "content-security-policy": CSP });
    response.end(reply.body instanceof Uint8Array ? reply.body : JSON.stringify(reply.body));
  }

  const server = createServer((request, response) => void serve(request, response));
  const sockets = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request, socket, head) => {
    if (signedIn && !mock.refuseSockets) sockets.handleUpgrade(request, socket, head, (client) => live.accept(client));
    else socket.end(`HTTP/1.1 ${signedIn ? 429 : 401} Refused\r\nconnection: close\r\n\r\n`);
  });
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;

  const mock: MockCollector = {
    url: `http://127.0.0.1:${port}`,
    live,
    executions,
    requests,
    refuseLogin: undefined,
    refuseSockets: false,
    signOut() {
      signedIn = false;
    },
    async close() {
      live.cut();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return mock;
}

function answerExecution(executions: readonly MockExecution[], url: URL): Reply {
  const [x, part] = url.pathname.slice("/api/executions/".length).split("/");
  const [node, owner] = [url.searchParams.get("node"), url.searchParams.get("owner")];
  const all = executions
    .filter(({ options }) => options.x === x && (node === null || options.node === node))
    .filter(({ options }) => owner === null || options.owner === owner);
  const owners = [...new Set(all.map(({ options }) => options.owner))];
  if (owners.length > 1) return refusal(409, "several_owners", { owners });
  const [found] = all;
  if (found === undefined) return refusal(404, "not_found");
  if (part === undefined) return { status: 200, body: found.summary() };
  const last = Number(url.searchParams.get("last") ?? 0);
  const from = last === 0 ? Number(url.searchParams.get("from") ?? 1) : Math.max(1, found.lastN - last + 1);
  const limit = Math.min(5_000, last === 0 ? Number(url.searchParams.get("limit") ?? 200) : last);
  if (part === "lines") return { status: 200, body: linePage(found, from, limit) };
  if (part === "looks") return { status: 200, body: { looks: { stdout: "", stderr: "" } } };
  return { status: 200, type: "text/plain", body: criLines(found, 1, Math.min(found.lastN, 1_000)) };
}

function executionPage(executions: readonly MockExecution[], query: URLSearchParams): object {
  const [node, job, owner, q, before] = ["node", "job", "owner", "q", "before"].map((name) => query.get(name));
  const run = query.get("run");
  const state = parseState(query.get("state"));
  const limit = Number(query.get("limit") ?? 100);
  const matching = executions
    .map((execution) => execution.summary())
    .sort((a, b) => (a.x < b.x ? 1 : -1))
    .filter((each) => (node ? each.node === node : true) && (job ? each.job === job : true))
    .filter((each) => (run ? each.run === run : true))
    .filter((each) => (owner ? each.owner === owner : true))
    .filter((each) => (state ? each.state === state : true) && (before ? each.x < before : true))
    .filter((each) => searchText(each).includes(q?.toLowerCase() ?? ""));
  const page = matching.slice(0, limit);
  return { executions: page, next: matching.length > limit ? (page.at(-1)?.x ?? null) : null };
}

function runPage(executions: readonly MockExecution[], query: URLSearchParams): RunPage {
  const [job, owner] = [query.get("job"), query.get("owner")];
  const runs = new Map<string, RunSummary>();
  for (const each of executions.map((execution) => execution.summary())) {
    if ((job && each.job !== job) || (owner && each.owner !== owner)) continue;
    const key = JSON.stringify([each.owner, each.job, each.run]);
    const before = runs.get(key) ?? { ...each, ...NO_STATES, lastAt: each.startedAt };
    const startedAt = before.startedAt < each.startedAt ? before.startedAt : each.startedAt;
    const counts = { executions: before.executions + 1, [each.state]: before[each.state] + 1 };
    runs.set(key, { ...before, ...counts, startedAt });
  }
  const newestFirst = [...runs.values()].sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1));
  return { runs: newestFirst.slice(0, Number(query.get("limit") ?? 100)), next: null };
}

const NO_STATES = { executions: 0, running: 0, finished: 0, failed: 0, lost: 0 };

function nodeSummaries(executions: readonly MockExecution[]): object[] {
  const names = [...new Set(executions.map(({ options }) => options.node))].sort();
  return names.map((node) => ({ node, executions: 1, running: 0, lastStartedAt: "2026-11-20T04:17:44.960662Z" }));
}

function refusal(
  status: number,
  code: string,
  more: { readonly retryAfterSeconds?: number; readonly owners?: readonly string[] } = {},
): Reply {
  const { retryAfterSeconds, owners } = more;
  const headers = retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) };
  return { status, headers, body: { error: { code, message: `Refused: ${code}`, owners } } };
}

async function readAsset(folder: string, path: string): Promise<Reply> {
  const file = join(folder, normalize(path), path.endsWith("/") ? "index.html" : "");
  try {
    return { status: 200, type: TYPES[extname(file)] ?? "application/octet-stream", body: await readFile(file) };
  } catch {
    return refusal(404, "not_found");
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const piece of request) body += String(piece);
  return body;
}
