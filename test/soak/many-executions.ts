import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Execution, ExecutionPage } from "../../src/wire/api.ts";
import type { ApiClient } from "../support/api-client.ts";
import { poll } from "../support/poll.ts";
import type { Site } from "../support/site.ts";
import type { Size, Verdict } from "./scenario.ts";
import { storedTexts } from "./stored-numbers.ts";

const PATIENCE_MS = 300_000;
const PAGE = 200;

/** `1` to `count`. */
export const numbers = (count: number) => Array.from({ length: count }, (_, i) => String(i + 1));

async function allOf(api: ApiClient, job: string): Promise<readonly Execution[]> {
  const all: Execution[] = [];
  let before = "";
  for (;;) {
    const page = await api.json<ExecutionPage>(`/api/executions?job=${job}&limit=${PAGE}${before}`);
    all.push(...page.executions);
    if (page.next === null) return all;
    before = `&before=${page.next}`;
  }
}

/** Counts the numbers of all executions of a job in the files: each printed as many, `size.lines` in all. */
export async function judgeMany(options: {
  readonly site: Site;
  /** Signed in before the load: the code is valid for ten minutes. */
  readonly api: ApiClient;
  readonly job: string;
  readonly executions: number;
  readonly size: Size;
  readonly problems: readonly string[];
}): Promise<Verdict> {
  const { site, api, job, executions, size } = options;
  const isDone = async () => {
    const all = await allOf(api, job);
    return all.length === executions && all.every(({ delivery }) => delivery === "complete") && all;
  };
  const problems = [...options.problems];
  const all = await poll("every execution to be complete", isDone, PATIENCE_MS).catch(async (error: unknown) => {
    const rest = (await allOf(api, job)).filter(({ delivery }) => delivery !== "complete");
    problems.push(`${String(error)}: ${JSON.stringify(rest.slice(0, 3))}`);
    return undefined;
  });
  const folder = join(site.dataDir, "logs");
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const isLog = (name: string) => name.endsWith(".log") && !name.endsWith(".late.log");
  const logs = new Map(names.filter(isLog).map((name) => [idOf(name), name]));
  const each = Math.round(size.lines / executions);
  const expected = numbers(each).join("\n");
  const stored = () => (all ?? []).map(({ x }) => storedTexts(join(folder, logs.get(x) ?? "")));
  // Late lines are merged a moment after the last one came.
  const isMerged = () => stored().every((texts) => texts.join("\n") === expected);
  const isInOrder = await poll("every late line to be merged", isMerged, PATIENCE_MS).catch(() => false);
  const lines = stored().reduce((sum, texts) => sum + texts.length, 0);
  const isExactlyOnce = lines === each * executions && isInOrder;
  // Stays with everything else if the case fails.
  writeFileSync(join(site.folder, "collector.output"), site.collector.output());
  return { injections: size.injections, lines, isExactlyOnce, isInOrder, isComplete: all !== undefined, problems };
}

const idOf = (name: string) => name.slice(name.lastIndexOf("/") + 1).slice(0, 26);
