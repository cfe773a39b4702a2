import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { DryRunOnNode } from "../../wire/fleet/dry-run.ts";
import { type FleetView, parseFleetView } from "../../wire/fleet/node-view.ts";
import type { OrderOf } from "../../wire/fleet/order.ts";
import type { RunView } from "../../wire/fleet/run-view.ts";
import type { SignedOrder } from "../../wire/fleet/signed-order.ts";
import { UsageError } from "../../wire/usage-error.ts";
import { type Command, CtlError, type Io } from "../command.ts";
import { describedCommand, type ParsedOptions } from "../described-command.ts";
import { AccountFile } from "../remote/account.ts";
import { Collector, isAway } from "../remote/collector.ts";
import { Output } from "../remote/output.ts";
import { note } from "../remote/session.ts";
import { requestAgain } from "./again.ts";
import { attend } from "./attend-run.ts";
import { type Batching, batchingOf, givenBatches } from "./batching.ts";
import { printDryRun } from "./dry-run.ts";
import type { FleetSettings } from "./fleet-settings.ts";
import { KnownFleet } from "./known-fleet.ts";
import { localFiles } from "./local-files.ts";
import { sendDryRun, sendRun } from "./run-api.ts";
import { lifeOf, RUN, refuseContradictions, requestOf } from "./run-options.ts";
import { parseRequests, type RunRequest } from "./run-request.ts";
import { sendFiles } from "./send-files.ts";
import { type SignerOptions, signParts } from "./sign-order.ts";
import { Spool } from "./spool.ts";
import { WatchedFolder } from "./watched-folder.ts";
import { type WorkContext, workOrder } from "./work-order.ts";

/** EX_TEMPFAIL of sysexits.h. */
const WAITS_HERE_CODE = 75;
const DEFAULT_TRIES = 3;
const MAX_TRIES = 1_000;
const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 60_000;
const STDIN = 0;

interface SignedWork {
  readonly order: OrderOf<"run">;
  /** The order in parts. */
  readonly signed: readonly SignedOrder[];
  readonly batching: Batching | undefined;
}

export interface Place {
  readonly collector: Collector;
  readonly user: string;
  readonly options: ParsedOptions;
  readonly io: Io;
  readonly settings: FleetSettings;
}

/** `mlctl run`. */
export function runCommand(settings: FleetSettings): Command {
  return describedCommand(RUN, async (options, io) => {
    const account = new AccountFile(settings.configFolder).read();
    const place = { collector: new Collector(account), user: account.user, options, io, settings };
    refuseContradictions(options);
    const isSent = await new Spool(settings.stateFolder).flush(place.collector, io);
    if (options.has("flush")) return isSent ? 0 : WAITS_HERE_CODE;
    const lifeMsOf = lifeOf(options);
    const batch = givenBatches(options);
    const folder = watchedFolderOf(options, io);
    if (folder !== undefined) return watch(folder, { place, lifeMsOf, batch });
    const requests = await requestsOf(place);
    return orderAll(inBatches(requests, batch), { place, lifeMsOf });
  });
}

/** Signs and sends a request, and shows its progress. Resolves with the exit code. */
export async function orderAll(
  requests: readonly RunRequest[],
  { place, lifeMsOf }: { readonly place: Place; readonly lifeMsOf: WorkContext["lifeMsOf"] },
): Promise<number> {
  const { options, io, settings, user } = place;
  const fleet = await fleetOf(place);
  const withAbsent = options.text("wait") !== undefined;
  const { environment } = settings;
  const context = { fleet, user, lifeMsOf, withAbsent, environment, nowMs: settings.nowMs() };
  if (options.has("dry-run")) return dryRun(requests, { place, context });
  const isOne = requests.length === 1;
  const orders = await signAll(requests, { place, context });
  const output = new Output(io);
  let isWaiting = false;
  for (const [at, work] of orders.entries()) {
    const view = await send(work, place).catch((error: unknown) => {
      if (!isOne) note(io, `${at} of ${orders.length} orders were sent, or wait here; the others were not sent`);
      throw error;
    });
    if (view === undefined) isWaiting = true;
    else if (isOne && !options.has("no-wait"))
      return attend({ collector: place.collector, sent: view, options, io, settings });
    else await (options.has("json") ? output.json(view) : output.line(view.run));
  }
  return isWaiting ? WAITS_HERE_CODE : 0;
}

/** Makes all orders before sending the first, so that a faulty one is found before anything happens. */
async function signAll(
  requests: readonly RunRequest[],
  { place, context }: { readonly place: Place; readonly context: WorkContext },
): Promise<readonly SignedWork[]> {
  const orders: SignedWork[] = [];
  // Many orders are made at one moment: each gets a millisecond of its own, so that ids sort as in the file.
  for (const [at, request] of requests.entries()) {
    const order = workOrder("run", request, { context: { ...context, nowMs: context.nowMs + at }, io: place.io });
    orders.push({ order, signed: await signParts(order, keyOf(place)), batching: batchingOf(request) });
  }
  return orders;
}

/** `--from` of a folder. */
function watchedFolderOf(options: ParsedOptions, { cwd }: Io): string | undefined {
  const from = options.text("from");
  const path = from === undefined || from === "-" ? undefined : resolve(cwd, from);
  if (path === undefined || statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return undefined;
  if (options.has("dry-run")) throw new UsageError("--dry-run: expected --from FILE, not a folder");
  return path;
}

/** Sends the orders of files that come into the folder, until Ctrl-C. */
async function watch(
  folder: string,
  {
    place,
    lifeMsOf,
    batch,
  }: { place: Place; lifeMsOf: WorkContext["lifeMsOf"]; batch: ReturnType<typeof givenBatches> },
): Promise<number> {
  const { collector, io, options, settings, user } = place;
  const spool = new Spool(settings.stateFolder);
  const withAbsent = options.text("wait") !== undefined;
  const ofOrders = { user, lifeMsOf, withAbsent, environment: settings.environment };
  let lastMs = 0;
  const keep = async (requests: readonly RunRequest[]): Promise<readonly string[] | undefined> => {
    const fleet = spool.hasRoom(requests.length) ? await fleetOf(place).catch(undefinedIfAway) : undefined;
    if (fleet === undefined) return undefined;
    // Later than those of the file before, so that the spool sends them later.
    const nowMs = Math.max(settings.nowMs(), lastMs + 1);
    lastMs = nowMs + requests.length;
    const orders = await signAll(inBatches(requests, batch), { place, context: { ...ofOrders, fleet, nowMs } });
    for (const { order, signed, batching } of orders) await spool.add(collector, { signed, run: order.run, batching });
    return orders.map(({ order }) => order.run);
  };
  const watched = new WatchedFolder({
    folder,
    io,
    nowMs: settings.nowMs,
    keep,
    send: () => spool.flush(collector, io),
  });
  const ended = new AbortController();
  const release = settings.onInterrupt(() => ended.abort());
  try {
    await watched.follow(ended.signal);
  } finally {
    release();
  }
  return 0;
}

/** Whose nodes nobody knows. */
function undefinedIfAway(error: unknown): undefined {
  if (!isAway(error)) throw error;
}

async function requestsOf({ collector, options, io }: Place): Promise<readonly RunRequest[]> {
  const [from, again] = [options.text("from"), options.text("again")];
  if (again !== undefined) return [await requestAgain(collector, again)];
  if (from === undefined) {
    const request = requestOf(options);
    const files = localFiles(options.texts("put"), { folder: options.text("to"), options, io });
    return [{ ...request, files: await sendFiles(files, { collector, io, isDry: options.has("dry-run") }) }];
  }
  let text: string;
  try {
    text = readFileSync(from === "-" ? STDIN : resolve(io.cwd, from), "utf8");
  } catch (error) {
    throw new CtlError(`Cannot read ${from}: ${error instanceof Error ? error.message : error}`);
  }
  return parseRequests(text);
}

/** The fleet now; as it was last while the collector is away. */
async function fleetOf({ collector, io, settings }: Place): Promise<FleetView> {
  const known = new KnownFleet(settings.stateFolder, collector);
  try {
    const fleet = await collector.json({ path: "/fleet" }, parseFleetView);
    await known.keep(fleet);
    return fleet;
  } catch (error) {
    if (!isAway(error)) throw error;
    const last = known.read();
    if (last === undefined) throw error;
    note(io, `${error.message}. The nodes are those that it named last`);
    return last;
  }
}

function keyOf({ options, settings }: Place): SignerOptions {
  return { key: options.text("key"), sshFolder: settings.sshFolder };
}

async function dryRun(
  requests: readonly RunRequest[],
  { place, context }: { readonly place: Place; readonly context: WorkContext },
): Promise<number> {
  const { collector, options, io } = place;
  let code = 0;
  for (const request of requests) {
    const order = workOrder("check", request, { context: { ...context, withAbsent: true }, io });
    const nodes: DryRunOnNode[] = [];
    for (const signed of await signParts(order, keyOf(place))) nodes.push(...(await sendDryRun(collector, signed)));
    code = Math.max(code, await printDryRun(new Output(io), { nodes, isJson: options.has("json") }));
  }
  return code;
}

/** What the command line says of batches holds for all; otherwise each request says it. */
function inBatches(requests: readonly RunRequest[], batch: ReturnType<typeof givenBatches>): readonly RunRequest[] {
  return requests.map((request) => ({ ...request, ...batch }));
}

/** Undefined: the collector is away, and the order waits here. */
async function send(
  { order, signed, batching }: SignedWork,
  { collector, options, io, settings }: Place,
): Promise<RunView | undefined> {
  const tries = options.count("tries", { least: 1, most: MAX_TRIES, fallback: DEFAULT_TRIES });
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await sendRun(collector, signed, batching);
    } catch (error) {
      if (!isAway(error)) throw error;
      if (attempt < tries) {
        await pause(Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1)));
        continue;
      }
      const spool = new Spool(settings.stateFolder);
      await spool.add(collector, { signed, run: order.run, batching });
      const until = new Date(order.expires).toISOString();
      note(io, `${error.message}. ${order.run} waits in ${spool.folder}; mlctl run --flush sends it, until ${until}`);
      return undefined;
    }
  }
}
