import { type NodeEvent, parseNodeEvents } from "../../wire/fleet/node-event.ts";
import type { ParsedOptions } from "../described-command.ts";
import type { Collector } from "../remote/collector.ts";
import { localTime } from "../remote/moments.ts";
import type { Output } from "../remote/output.ts";
import { printTable } from "../remote/table.ts";

/** As many as the API gives. */
const MAX_EVENTS = 1_000;
const LOOKS: Readonly<Record<NodeEvent["severity"], string | undefined>> = {
  error: "31",
  warning: "33",
  info: undefined,
};

/** `mlctl nodes --events`. */
export async function printNodeEvents(
  collector: Collector,
  of: {
    readonly options: ParsedOptions;
    readonly output: Output;
    readonly isWanted: (each: { readonly node: string }) => boolean;
  },
): Promise<number> {
  const { options, output, isWanted } = of;
  const events = await collector.json({ path: "/fleet/events", query: { limit: MAX_EVENTS } }, parseNodeEvents);
  const wanted = events.filter(isWanted);
  if (options.has("json")) for (const event of wanted) await output.json(event);
  else
    await printTable(output, {
      rows: wanted,
      columns: [
        { title: "TIME", cell: ({ at }) => timeOf(at, output), isWhole: true },
        { title: "NODE", cell: ({ node }) => node },
        { title: "SEVERITY", cell: ({ severity }) => severity, look: ({ severity }) => LOOKS[severity] },
        { title: "USER", cell: ({ user }) => user || "-" },
        { title: "NAME", cell: ({ name }) => name || "-" },
        { title: "TEXT", cell: ({ text }) => text },
      ],
      none: "the nodes have reported nothing",
    });
  return 0;
}

function timeOf(at: number, { isTerminal }: Output): string {
  const time = new Date(at).toISOString();
  return isTerminal ? localTime(time) : time;
}
