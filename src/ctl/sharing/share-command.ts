import { parseShare, parseShareList, type Share, type SharedThing, type SharedWith } from "../../wire/share.ts";
import { asTime } from "../../wire/time.ts";
import { UsageError } from "../../wire/usage-error.ts";
import type { Command } from "../command.ts";
import { type CommandDescription, describedCommand, type ParsedOptions } from "../described-command.ts";
import type { Collector } from "../remote/collector.ts";
import { localTime, timeToCome } from "../remote/moments.ts";
import { Output } from "../remote/output.ts";
import { type RemoteSettings, signedIn } from "../remote/session.ts";
import { type Column, printTable } from "../remote/table.ts";
import { TARGET_OPTIONS, TARGET_RULE, type Target, targetOf } from "../remote/targets.ts";

export const SHARE: CommandDescription = {
  name: "share",
  summary: "let somebody read an execution, a run or a job",
  operands: "[ID|JOB|JOB@RUN]",
  operandCount: [0, 1],
  about: `Lets a user, or the members of a group, read what is yours: its lines, as they come too, and nothing else. They cannot
delete it, keep it or share it on. A job is shared with all its runs, also those to come.${TARGET_RULE}

Without an operand it lists what you share, and what others share with you.`,
  options: {
    with: { value: "USER", help: "the user, by name on the collector" },
    group: { value: "GROUP", help: "or a group there" },
    until: { value: "TIME", help: "until then: 7d, 12h, 2026-12-24; otherwise until you take it back" },
    ...TARGET_OPTIONS,
    json: { help: "one JSON object a line, as the API has them" },
  },
};

export const UNSHARE: CommandDescription = {
  name: "unshare",
  summary: "take a share back",
  operands: "SHARE...",
  operandCount: [1, 64],
  about: `Takes shares back at once, and cuts off readers. SHARE is the first column of \`mlctl share\`, or the
beginning of it.`,
  options: {},
};

/** `mlctl share`. */
export function shareCommand(settings: RemoteSettings): Command {
  return describedCommand(SHARE, async (options, io) => {
    const collector = signedIn(settings);
    const output = new Output(io);
    const to = withOf(options);
    if (to === undefined) {
      if (options.operands.length > 0) throw new UsageError("expected --with USER or --group GROUP");
      await printShares(collector, output, options.has("json"));
      return 0;
    }
    const target = await targetOf(collector, options, options.operands[0]);
    if (target === undefined) throw new UsageError("expected what to share: ID, JOB or JOB@RUN");
    const until = options.text("until");
    const untilMs = until === undefined ? undefined : timeToCome("until", until, settings.nowMs());
    const body = { what: thingOf(target), with: to, ...(untilMs === undefined ? {} : { until: asTime(untilMs) }) };
    const share = await collector.json({ method: "POST", path: "/shares", body }, parseShare);
    if (options.has("json")) await output.json(share);
    else await output.line(share.id);
    return 0;
  });
}

/** `mlctl unshare`. */
export function unshareCommand(settings: RemoteSettings): Command {
  return describedCommand(UNSHARE, async ({ operands }) => {
    const collector = signedIn(settings);
    const { shares } = await collector.json({ path: "/shares" }, parseShareList);
    const chosen = operands.map((word) => {
      const [share, ...others] = shares.filter(({ id }) => id.startsWith(word));
      if (share === undefined || others.length > 0 || word === "")
        throw new UsageError(
          `${JSON.stringify(word)} is ${share === undefined ? "no share of yours" : "several shares"}`,
        );
      return share;
    });
    for (const { id } of chosen) (await collector.send({ method: "DELETE", path: `/shares/${id}` })).resume();
    return 0;
  });
}

function withOf(options: ParsedOptions): SharedWith | undefined {
  const [user, group] = [options.text("with"), options.text("group")];
  if (user !== undefined && group !== undefined) throw new UsageError("expected --with or --group, not both");
  if (user !== undefined) return { user };
  return group === undefined ? undefined : { group };
}

function thingOf(target: Target): SharedThing {
  if (target.is === "execution") return { x: target.execution.x, node: target.execution.node };
  return target.run === undefined ? { job: target.job } : { job: target.job, run: target.run };
}

async function printShares(collector: Collector, output: Output, isJson: boolean): Promise<void> {
  const { shares, withMe } = await collector.json({ path: "/shares" }, parseShareList);
  const rows = [...shares, ...withMe];
  if (isJson) for (const share of rows) await output.json(share);
  else
    await printTable(output, {
      rows,
      columns: columnsOf(output),
      none: "nothing is shared: `mlctl share JOB --with USER` shares a job",
    });
}

function columnsOf(output: Output): Column<Share>[] {
  const shown = (time: string | null) => (time === null ? "-" : output.isTerminal ? localTime(time) : time);
  return [
    { title: "SHARE", cell: ({ id }) => id },
    { title: "OWNER", cell: ({ owner }) => owner },
    { title: "WITH", cell: ({ with: to }) => ("user" in to ? to.user : `group ${to.group}`) },
    { title: "UNTIL", cell: ({ until }) => shown(until), isWhole: true },
    { title: "WHAT", cell: ({ what }) => wordsOf(what) },
  ];
}

function wordsOf(what: SharedThing): string {
  if ("x" in what) return what.node === undefined ? what.x : `${what.x} on ${what.node}`;
  return what.run === undefined ? what.job : `${what.job}@${what.run}`;
}
