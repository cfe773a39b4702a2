import type { End } from "../../wire/end.ts";
import type { Launch } from "../../wire/launch.ts";
import { asRecord, parseJson } from "../../wire/record.ts";
import { parseTime } from "../../wire/time.ts";

/** Settings of `--notify`. */
export interface Notify {
  readonly url: string;
  /** File with the shared secret, an absolute path. */
  readonly secretFile: string;
  /** The viewer's address, from the site's settings. */
  readonly viewer: string | undefined;
}

interface Ended {
  readonly x: string;
  readonly job: string;
  readonly node: string;
  readonly launch: Launch;
  readonly argv: readonly string[];
  /** RFC 3339, UTC, microseconds. */
  readonly startedAt: string;
  readonly end: End;
}

/** A notification that waits to be sent. */
export interface Waiting extends Pick<Notify, "url" | "secretFile"> {
  /** When it was queued, Unix time: old ones are given up. */
  readonly atMs: number;
  /** The JSON that is posted. */
  readonly body: string;
}

/** The JSON of a notification: README.md lists its members. */
export function notificationBody({ x, job, node, launch, argv, startedAt, end }: Ended, viewer?: string): string {
  const { code, signal, endedAt, timeoutMs, lines, dropped } = end;
  const { run, user } = launch;
  const link = viewer === undefined ? undefined : `${viewer.replace(/\/$/, "")}/?x=${x}`;
  return JSON.stringify({
    v: 1,
    x,
    job,
    run,
    node,
    user,
    argv,
    state: code === 0 ? "finished" : "failed",
    code,
    signal,
    timeoutMs,
    startedAt,
    endedAt,
    durationMs: Math.max(0, Date.parse(parseTime(endedAt) ?? startedAt) - Date.parse(startedAt)),
    lines,
    dropped,
    link,
  });
}

/** Parses a waiting notification. Undefined if it is damaged. */
export function parseWaiting(text: string): Waiting | undefined {
  const record = asRecord(parseJson(text));
  const { url, secretFile, atMs, body } = record ?? {};
  const isWhole = typeof url === "string" && typeof secretFile === "string" && typeof body === "string";
  return isWhole && typeof atMs === "number" ? { url, secretFile, atMs, body } : undefined;
}
