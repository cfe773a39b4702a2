import { safeText } from "../../host/safe-text.ts";
import type { Execution } from "../../wire/api.ts";
import type { Command } from "../command.ts";
import { type CommandDescription, describedCommand } from "../described-command.ts";
import { findExecution } from "../remote/executions.ts";
import { Output } from "../remote/output.ts";
import { type RemoteSettings, signedIn } from "../remote/session.ts";

export const ID_RULE =
  "ID is an id, or the beginning of one that fits no other; - or @1 is the newest execution, @2 the one before.";

export const SHOW: CommandDescription = {
  name: "show",
  summary: "show all about one execution",
  operands: "ID",
  operandCount: [1, 1],
  about: `Shows an execution's details. ${ID_RULE}`,
  isPaged: () => true,
  options: { json: { help: "as the API has it" } },
};

/** `mlctl show`. */
export function showCommand(settings: RemoteSettings): Command {
  return describedCommand(SHOW, async (options, io) => {
    const execution = await findExecution(signedIn(settings), options.operands[0] ?? "-");
    const output = new Output(io);
    if (options.has("json")) await output.json(execution);
    else
      for (const [name, value] of factsOf(execution)) await output.line(`${`${name}:`.padEnd(10)} ${safeText(value)}`);
    return 0;
  });
}

function factsOf(of: Execution): (readonly [name: string, value: string])[] {
  const { x, state, delivery, code, signal, node, owner, job, run, argv, labels, startedAt, endedAt } = of;
  const { lines, bytes, lastN, missing, thinned, dropped, parent, claimedUser, clockMs, timeoutMs, stoppedBy } = of;
  const end = code !== null ? `exit code ${code}` : signal !== null ? `signal ${signal}` : undefined;
  const holes = missing.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(", ");
  const facts: (readonly [string, string | undefined])[] = [
    ["id", x],
    ["command", argv.map(quoted).join(" ")],
    ["state", end === undefined ? state : `${state}, ${end}`],
    ["delivery", delivery],
    ["node", node],
    ["owner", owner],
    ["job", job],
    ["run", run],
    ["parent", parent],
    [
      "labels",
      Object.entries(labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(" ") || undefined,
    ],
    ["started", startedAt],
    ["ended", endedAt ?? undefined],
    ["ended by", timeoutMs === undefined ? stoppedBy : `its time limit of ${timeoutMs / 1_000} s`],
    ["lines", `${lines} of ${lastN}`],
    ["bytes", String(bytes)],
    ["missing", holes || undefined],
    ["thinned", thinned === 0 ? undefined : `${thinned} bytes of redraws`],
    ["dropped", dropped === 0 ? undefined : `${dropped} bytes`],
    ["clock", clockMs === undefined ? undefined : `add ${clockMs} ms to its times for the collector's clock`],
    [
      "warning",
      claimedUser === undefined
        ? undefined
        : `run by ${claimedUser} on ${node}, whose uid is ${owner}'s here: an administrator must name that node's users`,
    ],
  ];
  return facts.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}

/** As one would type it for a shell. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
