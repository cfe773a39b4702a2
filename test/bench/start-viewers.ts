import { fileURLToPath } from "node:url";
import { type RunningProcess, start } from "../support/processes.ts";
import type { ViewersResult, ViewersTask } from "./viewers.ts";

const VIEWERS = fileURLToPath(new URL("viewers.js", import.meta.url));
const LIVE_WITHIN_MS = 60_000;
const COMPLETE_WITHIN_MS = 15_000;

/** Opens viewers; resolves when all are live. */
export async function startViewers(task: ViewersTask): Promise<RunningProcess> {
  const viewers = start(process.execPath, [VIEWERS, JSON.stringify(task)]);
  await viewers.waitFor(/^live$/m, LIVE_WITHIN_MS);
  return viewers;
}

/** Their results once all lines were sent; waits a while for viewers that lack some. */
export async function resultOf(viewers: RunningProcess): Promise<ViewersResult> {
  await viewers.waitFor(/^complete$/m, COMPLETE_WITHIN_MS).catch(() => undefined);
  viewers.stdin?.write("tell\n");
  const [, result = ""] = await viewers.waitFor(/^result (.*)$/m);
  return JSON.parse(result);
}
