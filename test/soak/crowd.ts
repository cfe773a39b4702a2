import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Execution, ExecutionPage } from "../../src/wire/api.ts";
import type { ApiClient } from "../support/api-client.ts";
import { beginOf, frameOf } from "../support/as-sent.ts";
import { fakeExecution } from "../support/envelopes.ts";
import { poll } from "../support/poll.ts";
import { sendBegins, sendLines } from "../support/send.ts";
import { type Relay, Site } from "../support/site.ts";
import { ResourceWatch } from "./resource-watch.ts";
import type { Scenario, Size, Verdict } from "./scenario.ts";
import { storedTexts } from "./stored-numbers.ts";

/** Connections of the generator to each relay. */
const CONNECTIONS = 16;
const JOB = "crowd";
const PATIENCE_MS = 300_000;
const PAGE = 200;

const numbers = (count: number) => Array.from({ length: count }, (_, i) => String(i + 1));

async function allOf(api: ApiClient): Promise<readonly Execution[]> {
  const all: Execution[] = [];
  let before = "";
  for (;;) {
    const page = await api.json<ExecutionPage>(`/api/executions?job=${JOB}&limit=${PAGE}${before}`);
    all.push(...page.executions);
    if (page.next === null) return all;
    before = `&before=${page.next}`;
  }
}

/** Every execution's numbers, counted in the files. */
async function judge(site: Site, size: Size, watch: ResourceWatch): Promise<Verdict> {
  const api = await site.api();
  const isDone = async () => {
    const all = await allOf(api);
    return all.length === size.injections && all.every(({ delivery }) => delivery === "complete") && all;
  };
  const problems: string[] = [];
  const all = await poll("every execution to be complete", isDone, PATIENCE_MS).catch((error: unknown) => {
    problems.push(String(error));
    return undefined;
  });
  problems.push(...watch.problems());
  const folder = join(site.dataDir, "logs");
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const isLog = (name: string) => name.endsWith(".log") && !name.endsWith(".late.log");
  const logs = new Map(names.filter(isLog).map((name) => [idOf(name), name]));
  const each = Math.round(size.lines / size.injections);
  const expected = numbers(each).join("\n");
  const stored = () => (all ?? []).map(({ x }) => storedTexts(join(folder, logs.get(x) ?? "")));
  // Late lines are put in their places a moment after the last one came.
  const isMerged = () => stored().every((texts) => texts.join("\n") === expected);
  const isInOrder = await poll("every late line to be in its place", isMerged, PATIENCE_MS).catch(() => false);
  const lines = stored().reduce((sum, texts) => sum + texts.length, 0);
  const isExactlyOnce = lines === each * size.injections && isInOrder;
  return { injections: size.injections, lines, isExactlyOnce, isInOrder, isComplete: all !== undefined, problems };
}

const idOf = (name: string) => name.slice(name.lastIndexOf("/") + 1).slice(0, 26);

async function startSite(): Promise<{ site: Site; relays: Relay[]; watch: ResourceWatch }> {
  const site = await Site.create();
  const relays = await site.startTwoRelays();
  const watch = new ResourceWatch({
    collector: site.collector.pid,
    relays: relays.map(({ rsyslogd }) => rsyslogd.process.pid),
  });
  return { site, relays, watch };
}

/** Short executions as frames, through the relays' own sockets. */
async function runFrames(size: Size): Promise<Verdict> {
  const { site, relays, watch } = await startSite();
  const each = Math.round(size.lines / size.injections);
  const perNode = size.injections / relays.length;
  await Promise.all(
    relays.map(async ({ node, runDir }) => {
      const executions = Array.from({ length: perNode }, () => fakeExecution({ node, job: JOB }));
      await sendBegins(
        join(runDir, "begin.sock"),
        executions.map((one) => beginOf(one.begin())),
      );
      const frames = executions.map((one) => [
        ...numbers(each).map((text, i) => one.lines(i + 1, [text])),
        one.end(each),
      ]);
      const parts = Array.from({ length: CONNECTIONS }, (_, at) => frames.filter((_f, i) => i % CONNECTIONS === at));
      await Promise.all(parts.map((part) => sendLines(join(runDir, "lines.sock"), part.flat().map(frameOf))));
    }),
  );
  return judge(site, size, watch);
}

/** Real mlruns, all at once. */
async function runCommands(size: Size): Promise<Verdict> {
  const { site, relays, watch } = await startSite();
  const each = Math.round(size.lines / size.injections);
  const commands = Array.from({ length: size.injections }, (_, i) => {
    const relay = relays[i % relays.length];
    if (relay === undefined) throw new Error("There is no relay");
    return site.mlrun(relay, ["--job", JOB, "--quiet", "--", "seq", String(each)]);
  });
  const ended = await Promise.all(commands);
  for (const relay of relays) await site.flushSpool(relay, PATIENCE_MS);
  const verdict = await judge(site, size, watch);
  const failed = ended
    .filter(({ code }) => code !== 0)
    .map(({ code, stderr }) => `mlrun ended with ${code}: ${stderr}`);
  return { ...verdict, problems: [...verdict.problems, ...failed] };
}

export const crowds: readonly Scenario[] = [
  {
    name: "crowd: short executions",
    short: { lines: 1_200, injections: 300, holdMs: 0 },
    long: { lines: 200_000, injections: 5_000, holdMs: 0 },
    run: runFrames,
  },
  {
    name: "crowd: mlruns at once",
    short: { lines: 3_000, injections: 30, holdMs: 0 },
    long: { lines: 300_000, injections: 300, holdMs: 0 },
    run: runCommands,
  },
];
