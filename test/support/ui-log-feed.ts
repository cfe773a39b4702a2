import { onTestFinished } from "vitest";
import type { RunLinesRequest } from "../../ui/src/api-client.ts";
import type { RunPage } from "../../ui/src/api-parse.ts";
import type { Subscriber } from "../../ui/src/live-client.ts";
import { LogFeed } from "../../ui/src/log/feed/log-feed.ts";
import type { LogTarget } from "../../ui/src/log/feed/log-target.ts";
import { type Stored, X } from "./ui-stored-lines.ts";

/** A feed whose collector, live connection and timers the test controls. */
export function setUpFeed(
  stored: Stored[],
  target: LogTarget = { view: "execution", x: X, node: "n1" },
  maxRows = 20_000,
  isLargeRun = false,
) {
  const subscribers: Subscriber[] = [];
  const asked: string[] = [];
  let summaries = 0;
  let timers: (() => void)[] = [];
  let isDown: (node: string) => boolean = () => false;
  let isLarge = isLargeRun;
  const answering = ({ node, owner }: { node?: string | undefined; owner?: string | undefined }): Stored[] =>
    stored.filter((each) => each.node === (node ?? each.node) && each.owner === (owner ?? each.owner));
  const refused = { ok: false, status: 404, code: "not_found", message: "", retryAfterSeconds: undefined } as const;
  const feed = new LogFeed({
    target,
    limits: { maxRows, followedRows: maxRows, maxCharacters: 10_000_000 },
    onChange: () => undefined,
    onArrived: () => undefined,
    after: (_, call) => {
      timers.push(call);
      return () => {
        timers = timers.filter((each) => each !== call);
      };
    },
    live: {
      subscribe: (subscriber) => {
        subscribers.push(subscriber);
        return { renew: () => asked.push(`renew ${subscriber.from().lines}`), close: () => undefined };
      },
    },
    api: {
      execution: async (name) => {
        summaries += 1;
        const [found, other] = answering(name);
        if (found === undefined) return refused;
        if (other === undefined) return { ok: true, value: found.summary() };
        return { ...refused, status: 409, owners: [found.owner, other.owner] };
      },
      executions: async ({ owner }) => ({
        ok: true,
        value: {
          executions: answering({ owner })
            .map((each) => each.summary())
            .reverse(),
          next: isLarge ? "more" : null,
        },
      }),
      runLines: async (query) => {
        asked.push(`run ${query.before === undefined ? `after ${query.after}` : `before ${query.before}`}`);
        return { ok: true, value: runPage(stored, query) };
      },
      looks: async ({ node, owner }, n) => {
        const [found] = answering({ node, owner });
        return found === undefined ? refused : { ok: true, value: found.looks(n) };
      },
      lines: async ({ node, owner }, range) => {
        asked.push("last" in range ? `${node} last ${range.last}` : `${node} ${range.from}+${range.limit}`);
        const [found] = answering({ node, owner });
        if (found === undefined || isDown(found.node)) return refused;
        const limit = "last" in range ? range.last : range.limit;
        const lines = found.lines("last" in range ? Math.max(1, found.lastN - limit + 1) : range.from, limit);
        const last = lines.at(-1)?.n ?? found.lastN;
        return { ok: true, value: { lines, next: found.lines(last + 1, 1)[0]?.n ?? null } };
      },
    },
  });
  onTestFinished(() => feed.close());
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  };
  return {
    feed,
    asked,
    /** Requests for an execution's summary. */
    summaries: () => summaries,
    settle,
    /** Makes lines of all nodes, or of one, unavailable, or available again. */
    setDown: (value: boolean, only?: string) => {
      isDown = (node) => value && node === (only ?? node);
    },
    /** From now on, a list of executions is not the run's complete list. */
    outgrow: () => {
      isLarge = true;
    },
    /** Fires pending timers until nothing changes any more. */
    elapse: async () => {
      for (let turn = 0; turn < 4; turn += 1) {
        const due = timers;
        timers = [];
        for (const call of due) call();
        await settle();
      }
    },
    /** Publishes lines that the collector has stored. */
    publish: (each: Stored, from: number, to: number) => {
      const { x, node, owner } = each;
      const lines = each.lines(from, to - from + 1);
      for (const { onLines } of subscribers) {
        onLines?.({ header: { x, node, owner, n: from, count: to - from + 1 }, lines });
      }
    },
    changed: (each: Stored) => {
      for (const subscriber of subscribers) subscriber.onExecution(each.summary());
    },
    lost: ({ node, owner }: Stored, from: number, to: number) => {
      for (const { onLost } of subscribers) onLost?.({ x: X, node, owner, from, to });
    },
    subscribed: () => subscribers.map((subscriber) => subscriber.what()),
    reconnected: () => {
      for (const subscriber of subscribers) subscriber.onLive();
    },
  };
}

/** Merges the lines of a run as the collector does. */
function runPage(stored: readonly Stored[], query: RunLinesRequest): RunPage {
  const all = stored
    .flatMap((each, s) => each.lines(1, each.lastN).map((line) => ({ ...line, s })))
    .sort((a, b) => compare(placeOf(a), placeOf(b)));
  const executions = stored.map((each) => each.summary());
  function placeOf({ time, s, n }: { time: string; s: number; n: number }): string {
    return placed(`${time}_${stored[s]?.x}_${n}`);
  }
  const { before, after, limit } = query;
  if (before !== undefined) {
    const earlier = all.filter((line) => before === "end" || placeOf(line) < placed(before));
    return { executions, lines: earlier.slice(-limit), isMore: earlier.length > limit };
  }
  const later = all.filter((line) => after === "start" || placeOf(line) > placed(after));
  return { executions, lines: later.slice(0, limit), isMore: later.length > limit };
}

/** A place as text that sorts like places. */
function placed(text = ""): string {
  const [time = "", x = "", n = ""] = text.split("_");
  return `${time} ${x} ${n.padStart(9, "0")}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Runs of consecutive numbers, as "1-3 5", holes in brackets. */
export function shown(feed: LogFeed): string {
  const runs: string[] = [];
  let run: [number, number] | undefined;
  const flush = (): void => {
    if (run !== undefined) runs.push(`${run[0]}-${run[1]}`);
    run = undefined;
  };
  for (const item of feed.items()) {
    if (item.kind === "hole") {
      flush();
      runs.push(`${feed.isMissing(item) ? "missing" : "fetching"}(${item.n}-${item.to})`);
    } else if (run !== undefined && run[1] + 1 === item.n) {
      run = [run[0], item.to];
    } else {
      flush();
      run = [item.n, item.to];
    }
  }
  flush();
  return runs.join(" ");
}
