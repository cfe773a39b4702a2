import type { Execution, ExecutionName, ExecutionPage, ExecutionState, Me } from "../../src/wire/api.ts";
import { parseExecution } from "../../src/wire/api.ts";
import type { Board } from "../../src/wire/board.ts";
import type { RunQuery } from "../../src/wire/execution-query.ts";
import type { Glance, RunOfGlance } from "../../src/wire/glance.ts";
import { asRecord } from "../../src/wire/record.ts";
import { parseRunPage, type RunPage } from "../../src/wire/runs.ts";
import type { SearchEvent } from "../../src/wire/search-event.ts";
import { parseStreamLooks, type StreamLooks } from "../../src/wire/stream-looks.ts";
import type { StreamName } from "../../src/wire/stream-name.ts";
import type { UserMismatch } from "../../src/wire/user-mismatch.ts";
import { type Answer, JsonClient, queryOf } from "./api/json-client.ts";
import type { LogLine, LogLinePage, RunPage as RunLinePage } from "./api-parse.ts";
import { parseExecutionPage, parseLinePage, parseMe, parseRunPage as parseRunLines } from "./api-parse.ts";
import type { ExecutionKey } from "./execution-key.ts";

interface ExecutionFilter {
  readonly q?: string;
  readonly node?: string;
  readonly job?: string;
  readonly run?: string | undefined;
  readonly owner?: string;
  readonly state?: ExecutionState | undefined;
  readonly before?: string | undefined;
  readonly limit?: number;
}

/** Lines from a number on, or those at the end. */
type LinesRequest = { readonly from: number; readonly limit: number } | { readonly last: number };

export interface RunLinesRequest {
  readonly job: string;
  readonly run?: string | undefined;
  readonly owner?: string | undefined;
  readonly node?: string;
  /** Ids, separated by commas. */
  readonly only?: string | undefined;
  readonly before?: string;
  readonly after?: string;
  readonly limit: number;
  readonly clock?: "node" | undefined;
}

export type Credentials =
  | { readonly user: string; readonly password: string }
  | { readonly code: string }
  /** The reply to a further prompt after the password. */
  | { readonly step: string; readonly reply: string };

/**
 * The collector's HTTP API, as the viewer uses it. Parsers that not every page needs are loaded with the first answer:
 * the first page must be small.
 */
export class ApiClient extends JsonClient {
  readonly #keepTicket: (ticket: string) => void;

  constructor(
    options: ConstructorParameters<typeof JsonClient>[0] & {
      /** Keeps the ticket from a login's answer; empty if there is none. */
      readonly keepTicket?: (ticket: string) => void;
    },
  ) {
    super(options);
    this.#keepTicket = options.keepTicket ?? (() => undefined);
  }

  async login(credentials: Credentials): Promise<Answer<true>> {
    const answer = await this.ask("api/login", { parse: ticketIn, body: credentials });
    if (!answer.ok) return answer;
    this.#keepTicket(answer.value);
    return { ok: true, value: true };
  }

  /** `everywhere`: every session of this user, in other browsers as well. */
  async logout({ everywhere = false } = {}): Promise<Answer<true>> {
    this.#keepTicket("");
    return this.ask("api/logout", { parse: () => true, body: { everywhere } });
  }

  me(): Promise<Answer<Me>> {
    return this.ask("api/me", { parse: parseMe });
  }

  runs(filter: RunQuery): Promise<Answer<RunPage>> {
    return this.ask(`api/runs${queryOf({ ...filter })}`, { parse: parseRunPage });
  }

  /** Empty for everybody but administrators. */
  userMismatches(): Promise<Answer<readonly UserMismatch[]>> {
    return this.ask("api/user-mismatches", {
      parse: async (value) => (await import("../../src/wire/user-mismatch.ts")).parseUserMismatches(value),
    });
  }

  executions(filter: ExecutionFilter, signal?: AbortSignal): Promise<Answer<ExecutionPage>> {
    return this.ask(`api/executions${queryOf({ ...filter })}`, { parse: parseExecutionPage, signal });
  }

  execution({ x, node, owner }: ExecutionName): Promise<Answer<Execution>> {
    return this.ask(`api/executions/${x}${queryOf({ node, owner })}`, { parse: parseExecution });
  }

  lines({ x, node, owner }: ExecutionName, range: LinesRequest): Promise<Answer<LogLinePage>> {
    return this.ask(`api/executions/${x}/lines${queryOf({ node, owner, ...range })}`, { parse: parseLinePage });
  }

  /** The looks of both streams before line `n`; null: the collector has not read that far yet. */
  looks({ x, node, owner }: ExecutionKey, n: number): Promise<Answer<StreamLooks | null>> {
    return this.ask(`api/executions/${x}/looks${queryOf({ node, owner, n })}`, { parse: parseStreamLooks });
  }

  /** What a list shows of runs besides their counts. */
  glances(runs: readonly RunOfGlance[]): Promise<Answer<readonly Glance[]>> {
    return this.ask(`api/glances${queryOf({ runs: JSON.stringify(runs) })}`, {
      parse: async (value) => (await import("../../src/wire/glance.ts")).parseGlances(value),
    });
  }

  /** Lines of all executions of a run or job, in order of time, on one side of a place. */
  runLines(query: RunLinesRequest, signal?: AbortSignal): Promise<Answer<RunLinePage>> {
    return this.ask(`api/run-lines${queryOf({ ...query })}`, { parse: parseRunLines, signal });
  }

  /** All executions of one run at a glance. */
  board(run: { job: string; run: string; owner?: string | undefined }): Promise<Answer<Board>> {
    return this.ask(`api/board${queryOf({ ...run })}`, {
      parse: async (value) => (await import("../../src/wire/board.ts")).parseBoard(value),
    });
  }

  /** The last lines of an execution, in order; fewer if those of this stream lie too far back. */
  lastLines(
    { x, node, owner }: ExecutionKey,
    which: { readonly stream?: StreamName | undefined; readonly count: number },
  ): Promise<Answer<readonly LogLine[]>> {
    const query = queryOf({ node, owner, ...which });
    return this.ask(`api/executions/${x}/last-lines${query}`, { parse: (value) => parseLinePage(value)?.lines });
  }

  /** A search: its events as they come. Resolves after the last one; `signal` ends it on the collector as well. */
  async search(
    body: object,
    { onEvent, signal }: { onEvent: (event: SearchEvent) => void; signal: AbortSignal },
  ): Promise<Answer<true>> {
    const load = async () => (await import("../../src/wire/search-event.ts")).parseSearchEvent;
    return this.follow("api/search", { body, load, onValue: onEvent, signal });
  }
}

/** The ticket in a login's answer; empty where the collector signs no orders. */
function ticketIn(value: unknown): string {
  const ticket = asRecord(value)?.["ticket"];
  return typeof ticket === "string" ? ticket : "";
}

interface RawForm {
  readonly stream?: string | undefined;
  /** `cri`: with times and streams, as a container runtime writes them. */
  readonly form?: "cri" | "zip";
  readonly gzip?: "1";
}

/** Address of the printed bytes, for a plain link. */
export function rawLink({ x, node, owner }: ExecutionKey, form: RawForm): string {
  return `api/executions/${x}/raw${queryOf({ node, owner, ...form })}`;
}
