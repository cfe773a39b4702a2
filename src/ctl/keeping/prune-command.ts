import { safeText } from "../../host/safe-text.ts";
import { parseDuration } from "../../text/time/duration.ts";
import { type PruneEvent, parsePruneEvent } from "../../wire/keeping.ts";
import { parseJson } from "../../wire/record.ts";
import { UsageError } from "../../wire/usage-error.ts";
import { type Command, CtlError, type Io } from "../command.ts";
import { type CommandDescription, describedCommand } from "../described-command.ts";
import { formatBytes } from "../remote/byte-text.ts";
import { type Collector, linesOf } from "../remote/collector.ts";
import { Output } from "../remote/output.ts";
import { note, type RemoteSettings, signedIn } from "../remote/session.ts";

export const PRUNE: CommandDescription = {
  name: "prune",
  summary: "delete old executions",
  operands: "",
  operandCount: [0, 0],
  about: `Deletes your executions that ended longer ago than that, for good, and prints each: id, node, job, start (UTC), bytes. What
runs, is kept (mlctl keep) or is being read stays.`,
  options: {
    "older-than": { value: "TIME", help: "30d, 12h, 4w; must be given" },
    job: { value: "JOB", help: "only of this job" },
    run: { value: "RUN", help: "only this run of the job" },
    owner: { value: "USER", help: "for administrators: of this user" },
    "dry-run": { help: "print what would go, and delete nothing" },
    json: { help: "one JSON object a line, as the API has them" },
  },
};

/** `mlctl prune`. */
export function pruneCommand(settings: RemoteSettings): Command {
  return describedCommand(PRUNE, async (options, io) => {
    const age = options.text("older-than");
    if (age === undefined) throw new UsageError("--older-than: expected a time, like 30d");
    // A number alone would be seconds: too easily a day's work by mistake.
    const olderThanMs = /^\d+$/.test(age) ? undefined : parseDuration(age);
    if (olderThanMs === undefined)
      throw new UsageError(`--older-than: expected a time like 30d, got ${JSON.stringify(age)}`);
    const [job, run, owner] = [options.text("job"), options.text("run"), options.text("owner")];
    if (run !== undefined && job === undefined) throw new UsageError("--run: name its --job as well");
    const request = { olderThanMs, job, run, owner, dryRun: options.has("dry-run") };
    return prune(signedIn(settings), { request, io, isJson: options.has("json") });
  });
}

/** Asks for it, and prints what goes. Resolves with the exit code. */
export async function prune(
  collector: Collector,
  of: { readonly request: { readonly dryRun: boolean }; readonly io: Io; readonly isJson: boolean },
): Promise<number> {
  const { request, io, isJson } = of;
  const output = new Output(io);
  let end: Extract<PruneEvent, { t: "end" }> | undefined;
  for await (const line of linesOf(await collector.send({ method: "POST", path: "/prune", body: request }))) {
    const event = parsePruneEvent(parseJson(line));
    if (event === undefined) continue;
    if (event.t === "end") end = event;
    if (isJson) await output.json(event);
    else if (event.t === "gone")
      await output.line([event.x, event.node, safeText(event.job), event.startedAt, event.bytes].join("\t"));
  }
  if (end === undefined) throw new CtlError("The collector ended before it was done: see its log, then try again");
  note(io, summaryOf(end, request.dryRun));
  return end.failed > 0 ? 1 : 0;
}

function summaryOf(end: Extract<PruneEvent, { t: "end" }>, isDryRun: boolean): string {
  const { executions, bytes, held, busy, failed } = end;
  const what = executions === 1 ? "1 execution" : `${executions} executions`;
  const rest = [
    held > 0 ? `${held} kept` : "",
    busy > 0 ? `${busy} in use` : "",
    failed > 0 ? `${failed} refused by the disk: see the collector's log` : "",
  ].filter((each) => each !== "");
  const done = `${what}, ${formatBytes(bytes)}, ${isDryRun ? "would be deleted" : "deleted"}`;
  return rest.length === 0 ? done : `${done}; ${rest.join(", ")}`;
}
