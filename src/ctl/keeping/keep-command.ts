import { type Hold, parseHold } from "../../wire/keeping.ts";
import { asRecord } from "../../wire/record.ts";
import { UsageError } from "../../wire/usage-error.ts";
import type { Command } from "../command.ts";
import { type CommandDescription, describedCommand } from "../described-command.ts";
import type { Collector } from "../remote/collector.ts";
import { Output } from "../remote/output.ts";
import { type RemoteSettings, signedIn } from "../remote/session.ts";
import { printTable } from "../remote/table.ts";
import { TARGET_OPTIONS, TARGET_RULE } from "../remote/targets.ts";
import { keptScope } from "./kept-scope.ts";

const SCOPE_OPTIONS = {
  ...TARGET_OPTIONS,
  owner: { value: "USER", help: "for administrators: whose job it is" },
  admin: { help: "for administrators: a hold that the owner cannot lift, as on other users' executions" },
} as const;

export const KEEP: CommandDescription = {
  name: "keep",
  summary: "keep executions from being deleted",
  operands: "[ID|JOB|JOB@RUN]",
  operandCount: [0, 1],
  about: `Keeps an execution, or all of a job, those to come included, from retention and deletion, until \`mlctl release\`.
Without an operand it lists what is kept. What you may keep has a limit: the collector says so.${TARGET_RULE}`,
  options: { ...SCOPE_OPTIONS, json: { help: "the list as JSON, one object a line" } },
};

export const RELEASE: CommandDescription = {
  name: "release",
  summary: "lift a hold of mlctl keep",
  operands: "ID|JOB|JOB@RUN",
  operandCount: [0, 1],
  about: `Lifts a hold of \`mlctl keep\`: from then on, retention and deletion apply again.${TARGET_RULE}`,
  options: SCOPE_OPTIONS,
};

/** `mlctl keep`. */
export function keepCommand(settings: RemoteSettings): Command {
  return describedCommand(KEEP, async (options, io) => {
    const collector = signedIn(settings);
    if (options.operands.length === 0 && options.text("job") === undefined) {
      if (options.text("run") !== undefined) throw new UsageError("--run: name its job as well");
      await printHolds(collector, new Output(io), options.has("json"));
      return 0;
    }
    await post(collector, "/holds", { what: await keptScope(collector, options), admin: options.has("admin") });
    return 0;
  });
}

/** `mlctl release`. */
export function releaseCommand(settings: RemoteSettings): Command {
  return describedCommand(RELEASE, async (options) => {
    const collector = signedIn(settings);
    await post(collector, "/holds/release", { what: await keptScope(collector, options), admin: options.has("admin") });
    return 0;
  });
}

async function post(collector: Collector, path: string, body: unknown): Promise<void> {
  (await collector.send({ method: "POST", path, body })).resume();
}

async function printHolds(collector: Collector, output: Output, isJson: boolean): Promise<void> {
  const holds = await collector.json({ path: "/holds" }, (value) => {
    const list = asRecord(value)?.["holds"];
    return Array.isArray(list) ? list.flatMap((each: unknown) => parseHold(each) ?? []) : undefined;
  });
  if (isJson) {
    for (const hold of holds) await output.json(hold);
    return;
  }
  await printTable(output, {
    rows: holds,
    columns: [
      { title: "WHAT", cell: whatOf },
      { title: "OWNER", cell: ({ owner }) => owner },
      { title: "KEPT BY", cell: ({ by, user }) => (by === "admin" ? `${user} (administrator)` : user) },
      { title: "SINCE", cell: ({ since }) => since, isWhole: true },
    ],
    none: "nothing is kept: `mlctl keep JOB` keeps a job",
  });
}

function whatOf({ x, node, job, run }: Hold): string {
  if (x !== undefined) return `${x} on ${node}`;
  return run === undefined ? `job ${job}` : `run ${run} of ${job}`;
}
