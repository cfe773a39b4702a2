import type { Execution, ExecutionName, ExecutionPage, ExecutionState, Me, StreamName } from "../../src/wire/api.ts";
import { parseExecution } from "../../src/wire/api.ts";
import { parseError } from "../../src/wire/api-error.ts";
import { type Board, parseBoard } from "../../src/wire/board.ts";
import type { RunQuery } from "../../src/wire/execution-query.ts";
import { type FleetView, parseFleetView } from "../../src/wire/fleet/node-view.ts";
import { parseRunView, type RunView } from "../../src/wire/fleet/run-view.ts";
import type { SignedOrder } from "../../src/wire/fleet/signed-order.ts";
import { type Glance, parseGlances, type RunOfGlance } from "../../src/wire/glance.ts";
import { asRecord, parseJson } from "../../src/wire/record.ts";
import { parseRunPage, type RunPage } from "../../src/wire/runs.ts";
import { parseSearchEvent, type SearchEvent } from "../../src/wire/search-event.ts";
import { parseUserMismatches, type UserMismatch } from "../../src/wire/user-mismatch.ts";
import type { LogLine, LogLinePage, RunPage as RunLinePage } from "./api-parse.ts";
import { parseExecutionPage, parseLinePage, parseMe, parseNodes, parseRunPage as parseRunLines } from "./api-parse.ts";
import type { ExecutionKey } from "./execution-key.ts";

/** The collector's answer. A refusal is a value: the caller branches on `status`; 0 means "not reached". */
export type Answer<T> = { readonly ok: true; readonly value: T } | Refusal;

export interface Refusal {
  readonly ok: false;
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** How long to wait before the next try, if the collector said so. */
  readonly retryAfterSeconds: number | undefined;
  /** The owners to choose from when the address names none and several have such an execution. */
  readonly owners?: readonly string[];
  /** The login goes on: what `message` asks for is to be sent with this. */
  readonly step?: { readonly token: string; readonly isEcho: boolean };
}

export interface ExecutionFilter {
  readonly q?: string;
  readonly node?: string;
  readonly job?: string;
  readonly run?: string | undefined;
  readonly owner?: string;
  readonly state?: ExecutionState | undefined;
  readonly before?: string | undefined;
  readonly limit?: number;
}

export interface RunLinesRequest {
  readonly job: string;
  readonly run?: string | undefined;
  readonly owner?: string | undefined;
  readonly node?: string;
  /** Ids, with commas. */
  readonly only?: string | undefined;
  readonly before?: string;
  readonly after?: string;
  readonly limit: number;
  readonly clock?: "node" | undefined;
}

export type Credentials =
  | { readonly user: string; readonly password: string }
  | { readonly code: string }
  /** What was asked for beside the password. */
  | { readonly step: string; readonly reply: string };

/** The collector's HTTP API, as the viewer uses it. */
export class ApiClient {
  readonly #fetch: typeof fetch;
  readonly #onSignedOut: () => void;
  readonly #keepTicket: (ticket: string) => void;

  /** Calls `onSignedOut` whenever the collector answers that there is no session. */
  constructor(options: {
    readonly fetch: typeof fetch;
    readonly onSignedOut: () => void;
    /** Keeps what a login answers with; empty: nothing to keep. */
    readonly keepTicket?: (ticket: string) => void;
  }) {
    this.#fetch = options.fetch;
    this.#keepTicket = options.keepTicket ?? (() => undefined);
    this.#onSignedOut = options.onSignedOut;
  }

  async login(credentials: Credentials): Promise<Answer<true>> {
    const answer = await this.#ask("api/login", { parse: ticketIn, body: credentials });
    if (!answer.ok) return answer;
    this.#keepTicket(answer.value);
    return { ok: true, value: true };
  }

  /** `everywhere`: every session of this user, in other browsers as well. */
  async logout({ everywhere = false } = {}): Promise<Answer<true>> {
    this.#keepTicket("");
    return this.#ask("api/logout", { parse: () => true, body: { everywhere } });
  }

  me(): Promise<Answer<Me>> {
    return this.#ask("api/me", { parse: parseMe });
  }

  nodes(): Promise<Answer<readonly { readonly node: string }[]>> {
    return this.#ask("api/nodes", { parse: parseNodes });
  }

  runs(filter: RunQuery): Promise<Answer<RunPage>> {
    return this.#ask(`api/runs${queryOf({ ...filter })}`, { parse: parseRunPage });
  }

  /** Empty for everybody but administrators. */
  userMismatches(): Promise<Answer<readonly UserMismatch[]>> {
    return this.#ask("api/user-mismatches", { parse: parseUserMismatches });
  }

  executions(filter: ExecutionFilter, signal?: AbortSignal): Promise<Answer<ExecutionPage>> {
    return this.#ask(`api/executions${queryOf({ ...filter })}`, { parse: parseExecutionPage, signal });
  }

  execution({ x, node, owner }: ExecutionName): Promise<Answer<Execution>> {
    return this.#ask(`api/executions/${x}${queryOf({ node, owner })}`, { parse: parseExecution });
  }

  lines({ x, node, owner }: ExecutionKey, range: { from: number; limit: number }): Promise<Answer<LogLinePage>> {
    return this.#ask(`api/executions/${x}/lines${queryOf({ node, owner, ...range })}`, { parse: parseLinePage });
  }

  /** What a list shows of some runs beside their counts. */
  glances(runs: readonly RunOfGlance[]): Promise<Answer<readonly Glance[]>> {
    return this.#ask(`api/glances${queryOf({ runs: JSON.stringify(runs) })}`, { parse: parseGlances });
  }

  /** Lines of all executions of a run, or of a job, in order of time, on one side of a place. */
  runLines(query: RunLinesRequest): Promise<Answer<RunLinePage>> {
    return this.#ask(`api/run-lines${queryOf({ ...query })}`, { parse: parseRunLines });
  }

  /** All executions of one run at a glance. */
  board(run: { job: string; run: string; owner?: string | undefined }): Promise<Answer<Board>> {
    return this.#ask(`api/board${queryOf({ ...run })}`, { parse: parseBoard });
  }

  /** The last lines of an execution, in order; fewer if those of this stream lie too far back. */
  lastLines(
    { x, node, owner }: ExecutionKey,
    which: { readonly stream?: StreamName | undefined; readonly count: number },
  ): Promise<Answer<readonly LogLine[]>> {
    const query = queryOf({ node, owner, ...which });
    return this.#ask(`api/executions/${x}/last-lines${query}`, { parse: (value) => parseLinePage(value)?.lines });
  }

  /** Refused where the collector has no fleet. */
  fleet(): Promise<Answer<FleetView>> {
    return this.#ask("api/fleet", { parse: parseFleetView });
  }

  /** What was sent to nodes, newest first. */
  orders(limit: number): Promise<Answer<readonly RunView[]>> {
    return this.#ask(`api/orders${queryOf({ limit })}`, { parse: parseRunViews });
  }

  sign(body: { readonly ticket: string; readonly order: string }): Promise<Answer<{ readonly sig: string }>> {
    const parse = (value: unknown) => {
      const sig = asRecord(value)?.["sig"];
      return typeof sig === "string" ? { sig } : undefined;
    };
    return this.#ask("api/sign", { parse, body });
  }

  sendRun(body: SignedOrder): Promise<Answer<RunView>> {
    return this.#ask("api/runs", { parse: parseRunView, body });
  }

  stopRun(run: string, body: SignedOrder): Promise<Answer<RunView>> {
    return this.#ask(`api/runs/${run}`, { parse: parseRunView, body, method: "DELETE" });
  }

  /** A run's state now and whenever it changes, to its end. Resolves when there is no more, or the connection is cut. */
  async followRun(
    { run, owner }: { readonly run: string; readonly owner: string },
    { onView, signal }: { readonly onView: (view: RunView) => void; readonly signal: AbortSignal },
  ): Promise<void> {
    try {
      const path = `api/runs/${run}${queryOf({ owner, follow: 1 })}`;
      const response = await this.#fetch(path, { credentials: "same-origin", signal });
      if (!response.ok || response.body === null) return;
      for await (const line of linesOf(response.body)) {
        const view = parseRunView(parseJson(line));
        if (view !== undefined) onView(view);
      }
    } catch {
      // Cut or left: the caller knows which.
    }
  }

  /** A search: its events as they come. Resolves after the last one; `signal` ends it on the collector as well. */
  async search(
    body: object,
    { onEvent, signal }: { onEvent: (event: SearchEvent) => void; signal: AbortSignal },
  ): Promise<Answer<true>> {
    try {
      const response = await this.#fetch("api/search", { ...posted(body), credentials: "same-origin", signal });
      if (!response.ok || response.body === null) {
        return this.#refusal(response, parseJson(await response.text()), "api/search");
      }
      for await (const line of linesOf(response.body)) {
        const event = parseSearchEvent(parseJson(line));
        if (event !== undefined) onEvent(event);
      }
      return { ok: true, value: true };
    } catch {
      return UNREACHED;
    }
  }

  async #ask<T>(path: string, options: AskOptions<T>): Promise<Answer<T>> {
    const { body, signal, method } = options;
    const init: RequestInit = {
      ...posted(body),
      ...(method === undefined ? {} : { method }),
      credentials: "same-origin",
      signal: signal ?? null,
    };
    try {
      const response = await this.#fetch(path, init);
      const said = parseJson(await response.text());
      if (!response.ok) return this.#refusal(response, said, path);
      const value = options.parse(said);
      if (value !== undefined) return { ok: true, value };
      return { ...UNREACHED, status: response.status, code: "not-understood", message: "The answer is not understood" };
    } catch {
      return UNREACHED;
    }
  }

  #refusal(response: Response, said: unknown, path: string): Refusal {
    const error = parseError(asRecord(said)?.["error"]) ?? { code: "", message: response.statusText };
    const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
    if (response.status === 401 && path !== "api/login") this.#onSignedOut();
    const step = parseStep(said);
    return {
      ok: false,
      status: response.status,
      ...error,
      retryAfterSeconds: Number.isFinite(seconds) ? seconds : undefined,
      ...(step === undefined ? {} : { step }),
    };
  }
}

function posted(body: object | undefined): RequestInit {
  if (body === undefined) return {};
  return { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const reader = stream.getReader();
  let rest = "";
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    const lines = (rest + decoder.decode(piece.value, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

/** Of a login's answer; empty where the collector signs no orders. */
function ticketIn(value: unknown): string {
  const ticket = asRecord(value)?.["ticket"];
  return typeof ticket === "string" ? ticket : "";
}

function parseRunViews(value: unknown): readonly RunView[] | undefined {
  const { runs } = asRecord(value) ?? {};
  return Array.isArray(runs) ? runs.flatMap((each: unknown) => parseRunView(each) ?? []) : undefined;
}

function parseStep(said: unknown): Refusal["step"] {
  const record = asRecord(said);
  const token = record?.["step"];
  return typeof token === "string" ? { token, isEcho: record?.["isEcho"] === true } : undefined;
}

interface AskOptions<T> {
  readonly parse: (value: unknown) => T | undefined;
  /** POSTed as JSON; without a body the request is a GET. */
  readonly body?: object;
  /** Instead of POST. */
  readonly method?: "DELETE";
  readonly signal?: AbortSignal | undefined;
}

const UNREACHED: Refusal = {
  ok: false,
  status: 0,
  code: "unreached",
  message: "The collector cannot be reached",
  retryAfterSeconds: undefined,
};

/** Address of the printed bytes, for a plain link. */
export function rawLink({ x, node, owner }: ExecutionKey, stream: string | undefined): string {
  return `api/executions/${x}/raw${queryOf({ node, owner, stream })}`;
}

function queryOf(members: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(members)) {
    if (value !== undefined && value !== "") query.set(name, String(value));
  }
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}
