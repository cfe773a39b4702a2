import { parseUsage, USAGE_KEYS, type Usage } from "../../wire/keeping.ts";
import { asRecord } from "../../wire/record.ts";
import type { Command } from "../command.ts";
import { type CommandDescription, describedCommand } from "../described-command.ts";
import { formatBytes } from "../remote/byte-text.ts";
import { Output } from "../remote/output.ts";
import { type RemoteSettings, signedIn } from "../remote/session.ts";
import { type Column, printTable } from "../remote/table.ts";

export const USAGE: CommandDescription = {
  name: "usage",
  summary: "show what executions take on the collector's disk",
  operands: "",
  operandCount: [0, 0],
  about: `Shows what your executions take on the collector's disk; for administrators, what everybody's take. For programs these
fields, separated by tabs: user, job or day (of the start, UTC), executions, bytes, bytes that are kept (mlctl keep).`,
  options: {
    by: { value: "WHAT", help: "user (default), job or day", choices: USAGE_KEYS },
    owner: { value: "USER", help: "for administrators: only of this user" },
    json: { help: "one JSON object a line, as the API has them" },
  },
};

/** `mlctl usage`. */
export function usageCommand(settings: RemoteSettings): Command {
  return describedCommand(USAGE, async (options, io) => {
    const by = options.text("by") ?? "user";
    const query = { by, owner: options.text("owner") };
    const usage = await signedIn(settings).json({ path: "/usage", query }, (value) => {
      const list = asRecord(value)?.["usage"];
      return Array.isArray(list) ? list.flatMap((each: unknown) => parseUsage(each) ?? []) : undefined;
    });
    const output = new Output(io);
    if (options.has("json")) for (const each of usage) await output.json(each);
    else
      await printTable(output, { rows: usage, columns: columnsOf(by, output.isTerminal), none: "nothing is stored" });
    return 0;
  });
}

function columnsOf(by: string, isForPerson: boolean): Column<Usage>[] {
  const bytes = (count: number) => (isForPerson ? formatBytes(count) : String(count));
  const name: Column<Usage> = { title: by.toUpperCase(), cell: ({ name: of }) => of };
  return [
    { title: "OWNER", cell: ({ owner }) => owner },
    ...(by === "user" && isForPerson ? [] : [name]),
    { title: "EXECUTIONS", cell: ({ executions }) => String(executions), isRight: true },
    { title: "SIZE", cell: (each) => bytes(each.bytes), isRight: true },
    { title: "KEPT", cell: (each) => bytes(each.heldBytes), isRight: true },
  ];
}
