import { parseExecutionId } from "../wire/ids.ts";
import { parseLaunch } from "../wire/launch.ts";
import { type Environment, inheritedLabels } from "./command/surroundings.ts";
import type { LogOptions } from "./log-delivery.ts";
import { maskArgv } from "./mask-argv.ts";
import type { Notify } from "./notify/notification.ts";
import { secretFileOf } from "./notify/secret.ts";
import { parseFields } from "./output/records.ts";
import type { SiteSettings } from "./site-settings.ts";
import type { SpoolPlaces } from "./spool/spool-folder.ts";

/** An execution as the launcher describes it (`src/launcher/begin.c`). */
export interface BeginFields
  extends Pick<
    LogOptions,
    "argv" | "x" | "key" | "job" | "launch" | "labels" | "node" | "pid" | "cwd" | "runDir" | "spool"
  > {
  readonly startedUs: number;
  /** Time limit of the command, if it has one. */
  readonly timeoutMs: number | undefined;
  readonly notify: Notify | undefined;
  /** The file that names the user who had the command stopped. Undefined: nobody dispatched it. */
  readonly stopFile: string | undefined;
  readonly raw: boolean;
  readonly oneLineFrames: boolean;
}

/**
 * Parses the fields of a BEGIN record.
 *
 * @param settings Settings decided by the environment in the fields.
 */
export function parseBeginFields(
  payload: Buffer,
  settings: {
    spoolPlaces(environment: Environment, node: string, runDir: string): SpoolPlaces;
    site(environment: Environment): SiteSettings;
  },
): BeginFields | undefined {
  const fields = parseFields(payload);
  const first = (name: string) => fields.get(name)?.[0];
  // The id becomes part of a file's name.
  const x = parseExecutionId(first("x"));
  const [key, job, node, runDir] = [first("key"), first("job"), first("node"), first("run-dir")];
  const [pid, startedUs] = [Number(first("pid")), Number(first("started-us"))];
  const words = fields.get("arg") ?? [];
  if (x === undefined || key === undefined || job === undefined || node === undefined || runDir === undefined) return;
  if (!Number.isSafeInteger(pid) || !Number.isSafeInteger(startedUs) || words.length === 0) return;
  const environment = Object.fromEntries([...fields].map(([name, values]) => [name, values[0]]));
  const site = settings.site(environment);
  const asked = Object.fromEntries((fields.get("label") ?? []).map(splitLabel));
  const within = { stdout: first("within-stdout"), stderr: first("within-stderr") };
  const said = { run: first("run"), parent: first("parent"), within, user: first("user") };
  const timeoutMs = Number(first("timeout-ms"));
  return {
    argv: maskArgv(words, { hidesAll: false, patterns: site.maskArgv }),
    x,
    key,
    job,
    node,
    pid,
    runDir,
    startedUs,
    timeoutMs: timeoutMs > 0 ? timeoutMs : undefined,
    launch: parseLaunch(said).launch,
    cwd: first("cwd") ?? "",
    // Labels from the command line come first, and win: if there are too many, the last are dropped.
    labels: { ...asked, ...inheritedLabels(environment), ...asked },
    spool: settings.spoolPlaces(environment, node, runDir),
    notify: notifyOf(first("notify"), environment, site),
    stopFile: first("stop-file"),
    raw: first("raw") === "1",
    oneLineFrames: first("one-line-frames") === "1" || site.oneLineFrames,
  };
}

function notifyOf(url: string | undefined, environment: Environment, site: SiteSettings): Notify | undefined {
  if (url === undefined) return undefined;
  const secretFile = secretFileOf(site.notifySecretFile, environment["HOME"] ?? "/nonexistent");
  return { url, secretFile, viewer: site.viewer };
}

function splitLabel(text: string): [string, string] {
  const equals = text.indexOf("=");
  return [text.slice(0, equals), text.slice(equals + 1)];
}
