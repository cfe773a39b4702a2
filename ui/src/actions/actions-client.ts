import { type Hold, type PruneEvent, parseHold, parsePruneEvent } from "../../../src/wire/keeping.ts";
import { asRecord } from "../../../src/wire/record.ts";
import { parseShare, parseShareList, type Share, type SharedWith, type ShareList } from "../../../src/wire/share.ts";
import { type Answer, type JsonClient, queryOf } from "../api/json-client.ts";
import type { Thing } from "./thing.ts";

/** What a deletion would delete, or has deleted. */
export type Pruned = Extract<PruneEvent, { readonly t: "end" }>;

/** The collector's API for actions on executions, runs and jobs. */
export class ActionsClient {
  readonly #api: JsonClient;

  constructor(api: JsonClient) {
    this.#api = api;
  }

  holds(owner: string): Promise<Answer<readonly Hold[]>> {
    return this.#api.ask(`api/holds${queryOf({ owner })}`, {
      parse: (value) => {
        const holds = asRecord(value)?.["holds"];
        return Array.isArray(holds) ? holds.flatMap((each: unknown) => parseHold(each) ?? []) : undefined;
      },
    });
  }

  keep(what: Thing): Promise<Answer<true>> {
    return this.#api.ask("api/holds", { parse: () => true, body: { what } });
  }

  release(what: Thing): Promise<Answer<true>> {
    return this.#api.ask("api/holds/release", { parse: () => true, body: { what } });
  }

  shares(): Promise<Answer<ShareList>> {
    return this.#api.ask("api/shares", { parse: parseShareList });
  }

  /** @param until RFC 3339, UTC, microseconds; undefined: until revoked. */
  share(thing: Thing, to: { readonly with: SharedWith; readonly until: string | undefined }): Promise<Answer<Share>> {
    const { owner: _, ...what } = thing;
    return this.#api.ask("api/shares", { parse: parseShare, body: { what, ...to } });
  }

  unshare(id: string): Promise<Answer<true>> {
    return this.#api.ask(`api/shares/${id}`, { parse: () => true, method: "DELETE" });
  }

  deleteExecution({ x, node, owner }: Extract<Thing, { readonly x: string }>): Promise<Answer<true>> {
    return this.#api.ask(`api/executions/${x}${queryOf({ node, owner })}`, { parse: () => true, method: "DELETE" });
  }

  /** Deletes the ended executions of a run or a job, or only counts them. Undefined: it was cut off before its end. */
  async prune(
    { job, run, owner }: Extract<Thing, { readonly job: string }>,
    { dryRun }: { readonly dryRun: boolean },
  ): Promise<Answer<Pruned | undefined>> {
    let end: Pruned | undefined;
    const answer = await this.#api.follow("api/prune", {
      body: { olderThanMs: 0, job, ...(run === undefined ? {} : { run }), owner, dryRun },
      load: async () => parsePruneEvent,
      onValue: (event) => {
        if (event.t === "end") end = event;
      },
      signal: new AbortController().signal,
    });
    return answer.ok ? { ok: true, value: end } : answer;
  }
}
