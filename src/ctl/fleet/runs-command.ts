import { formatNodeRange } from "../../text/nodes/node-range.ts";
import { parseRunView, type RunView } from "../../wire/fleet/run-view.ts";
import { asRecord } from "../../wire/record.ts";
import type { Command } from "../command.ts";
import { type CommandDescription, describedCommand } from "../described-command.ts";
import type { Collector } from "../remote/collector.ts";
import { Output } from "../remote/output.ts";
import { signedIn } from "../remote/session.ts";
import { printTable } from "../remote/table.ts";
import { requestOfRun } from "./again.ts";
import type { FleetSettings } from "./fleet-settings.ts";
import { printStates } from "./run-state.ts";
import { Spool } from "./spool.ts";

const MOST = 500;
const DEFAULT_ROWS = 50;

export const RUNS: CommandDescription = {
  name: "runs",
  summary: "list what was sent to nodes, and what became of it",
  operands: "[RUN]",
  operandCount: [0, 1],
  about: `Lists your runs, newest first: id, job, states, nodes, command. With a run's id: its state on each node.`,
  options: {
    limit: { short: "n", value: "N", help: `at most so many (${DEFAULT_ROWS})` },
    owner: { value: "USER", help: "somebody else's, for administrators" },
    export: { help: "what `mlctl run --from` takes, the oldest first; of variables only their names" },
    json: { help: "one JSON object a line, as the API has them" },
  },
};

/** `mlctl runs`. */
export function runsCommand(settings: FleetSettings): Command {
  return describedCommand(RUNS, async (options, io) => {
    const collector = signedIn(settings);
    const output = new Output(io);
    const owner = options.text("owner");
    await new Spool(settings.stateFolder).flush(collector, io);
    const [run] = options.operands;
    if (run !== undefined) {
      const view = await collector.json({ path: `/runs/${run.toUpperCase()}`, query: { owner } }, parseRunView);
      if (options.has("export")) await output.json(requestOfRun(view));
      else if (options.has("json")) await output.json(view);
      else await printStates(output, view);
      return 0;
    }
    const limit = options.count("limit", { least: 1, most: MOST, fallback: DEFAULT_ROWS });
    const runs = await listRuns(collector, { owner, limit });
    if (options.has("export")) for (const view of runs.toReversed()) await output.json(requestOfRun(view));
    else if (options.has("json")) for (const view of runs) await output.json(view);
    else
      await printTable(output, {
        rows: runs,
        columns: [
          { title: "RUN", cell: ({ run: id }) => id, isWhole: true },
          { title: "JOB", cell: ({ job }) => job },
          { title: "STATES", cell: countsOf },
          { title: "NODES", cell: ({ nodes }) => formatNodeRange(nodes.map(({ node }) => node)) },
          { title: "COMMAND", cell: ({ argv }) => argv.join(" ") },
        ],
        none: "there are no runs: `mlctl run -n NODES -- COMMAND` makes one",
      });
    return 0;
  });
}

/** Newest first, in pages, as large as the collector makes them. */
export async function listRuns(
  collector: Collector,
  { owner, limit = DEFAULT_ROWS }: { readonly owner?: string | undefined; readonly limit?: number },
): Promise<readonly RunView[]> {
  const all: RunView[] = [];
  for (let before: string | undefined; all.length < limit; ) {
    const query = { owner, before, limit: limit - all.length };
    const { runs, next } = await collector.json({ path: "/orders", query }, parsePage);
    all.push(...runs);
    if (next === undefined) break;
    before = next;
  }
  return all;
}

function parsePage(
  value: unknown,
): { readonly runs: readonly RunView[]; readonly next: string | undefined } | undefined {
  const { runs, next } = asRecord(value) ?? {};
  if (!Array.isArray(runs)) return undefined;
  const known = runs.flatMap((each: unknown) => parseRunView(each) ?? []);
  return { runs: known, next: typeof next === "string" ? next : undefined };
}

/** `3 finished, 1 failed`. */
function countsOf({ nodes }: RunView): string {
  const counts = new Map<string, number>();
  for (const { state } of nodes) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, count]) => `${count} ${state}`).join(", ");
}
