import { setTimeout as delay } from "node:timers/promises";
import { fakeExecution } from "../support/envelopes.ts";
import type { Case, Cell, Figures, Metric } from "./bench.ts";
import { type BenchCollector, startCollector } from "./bench-site.ts";
import { type BenchTls, benchTls } from "./bench-tls.ts";
import { handshakes, manyDownloads, manyLists, subscribeInPairs } from "./loop-clients.ts";
import { claimedLate, disordered, longBegins, packed, playSession, scattered, strangers } from "./loop-relays.ts";
import { WATCH, watchedTurns } from "./watched-turns.ts";

const SETTLED_MS = 1_500;

const METRICS: readonly Metric[] = [
  { name: "longest", unit: "ms", judge: "value" },
  { name: "CPU of the longest", unit: "ms", judge: "value", goal: { atMost: 50 } },
  { name: "p99", unit: "ms", judge: "value" },
];

interface Client {
  readonly name: string;
  readonly isTls?: boolean;
  /** Before turns count. */
  readonly before?: (collector: BenchCollector) => Promise<void>;
  readonly act: (collector: BenchCollector, tls: BenchTls | undefined) => Promise<void>;
  /** The collector is started anew between the two. */
  readonly restarts?: boolean;
}

const sessions = (count: number, messages: (node: string) => string[]) => {
  const each = Array.from({ length: count }, (_, i) => messages(`node${i + 1}`));
  return async ({ relpPort }: BenchCollector) => {
    await Promise.all(each.map((one) => playSession(relpPort, one)));
  };
};
const torn = fakeExecution();

const CLIENTS: readonly Client[] = [
  { name: "16 relays, 4000 frames without BEGIN each", act: (c) => sessions(16, (node) => strangers(node, 4_000))(c) },
  {
    name: "1 relay, 20000 frames without BEGIN, more than it has room for",
    act: (c) => sessions(1, (node) => strangers(node, 20_000))(c),
  },
  {
    name: "8 relays, 4 lines of each of 1000 executions each",
    act: (c) => sessions(8, (node) => scattered(node, { count: 1_000, rounds: 4 }))(c),
  },
  { name: "16 relays, packed frames", act: (c) => sessions(16, (node) => packed(node, 1_000))(c) },
  { name: "16 relays, 500 long BEGINs each", act: (c) => sessions(16, (node) => longBegins(node, 500))(c) },
  {
    name: "BEGINs after 10000 frames each",
    act: (c) => sessions(2, (node) => claimedLate(node, { count: 2, lines: 10_000 }))(c),
  },
  {
    name: "lines from the last to the first",
    act: ({ relpPort }) => playSession(relpPort, disordered(fakeExecution(), 20_000)),
  },
  {
    name: "a read of an execution in 20000 pieces after a start",
    before: ({ relpPort }) => playSession(relpPort, disordered(torn, 20_000)),
    restarts: true,
    act: async ({ api }) => void (await api.lines(torn.x)),
  },
  {
    name: "lists of 8000 executions with long BEGINs, 16 at once",
    before: (c) => sessions(16, (node) => longBegins(node, 500))(c),
    act: ({ api }) => manyLists(api),
  },
  {
    name: "16 downloads and pages of a long log",
    before: ({ relpPort }) => playSession(relpPort, packed("node1", 4_000)),
    act: ({ api }) => manyDownloads(api),
  },
  {
    name: "WebSocket, 3000 subscriptions and ends to 8000 executions",
    before: (c) => sessions(16, (node) => longBegins(node, 500))(c),
    act: ({ webPort, api }) => subscribeInPairs({ port: webPort, cookie: api.cookie, pairs: 3_000 }),
  },
  {
    name: "256 TLS handshakes at once",
    isTls: true,
    act: ({ relpPort }, tls) => handshakes(relpPort, { tls, count: 256 }),
  },
];

/** How long one turn of the collector's event loop takes, whatever a client does. */
export function loopCase(): Case {
  return {
    name: "loop",
    about:
      "The longest turn of the collector's event loop while clients do what costs it most, as a timer of 1 ms in it sees it: by the clock, and in processor time of its thread, which clients on the same cores do not lengthen.",
    besides: "",
    cells: CLIENTS.map(cell),
  };
}

function cell(client: Client): Cell {
  return { name: client.name, metrics: METRICS, ours: () => turnsUnder(client) };
}

async function turnsUnder({ isTls, before, restarts, act }: Client): Promise<Figures> {
  const tls = isTls === true ? await benchTls() : undefined;
  const options = { pki: tls?.pki, module: WATCH };
  let collector = await startCollector(options);
  await before?.(collector);
  if (restarts === true) {
    await collector.process.end();
    collector = await startCollector({ ...options, dataDir: collector.dataDir });
  }
  // What follows by the clock is the work of before.
  await delay(SETTLED_MS);
  await watchedTurns(collector.process);
  await act(collector, tls);
  await delay(SETTLED_MS);
  const { longest, cpu, p99 } = await watchedTurns(collector.process);
  return { longest, "CPU of the longest": cpu, p99 };
}
