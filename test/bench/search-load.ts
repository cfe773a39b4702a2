import { rmSync } from "node:fs";
import { Sidecar } from "../../src/store/execution/sidecar.ts";
import { placeSealed, sealedPaths } from "../../src/store/sealed/sealed-files.ts";
import { sealLog } from "../../src/store/sealing/seal-log.ts";
import { parseSearchEvent } from "../../src/wire/search-event.ts";
import type { ApiClient } from "../support/api-client.ts";
import { start } from "../support/processes.ts";
import type { StoredExecution } from "./stored-data.ts";

/** A search over the API, to the end of its answer. */
export async function timedSearch(api: ApiClient, body: object): Promise<{ ms: number; hits: number }> {
  const startedAt = performance.now();
  const response = await askFor(api, body);
  const text = await response.text();
  const ms = performance.now() - startedAt;
  const end = parseSearchEvent(JSON.parse(text.slice(text.lastIndexOf("\n", text.length - 2) + 1)));
  if (end?.t !== "end" || end.unreadable > 0 || (end.capped && end.why !== "limit"))
    throw new Error(`A search ended with ${JSON.stringify(end)}`);
  return { ms, hits: end.hits };
}

/** A search that goes on. */
export async function askFor(api: ApiClient, body: object, signal?: AbortSignal): Promise<Response> {
  const headers = { "content-type": "application/json" };
  const whole = JSON.stringify({ what: { all: true }, case: "match", ...body });
  const request = { method: "POST", headers, body: whole, ...(signal === undefined ? {} : { signal }) };
  const response = await api.request("/api/search", request);
  if (response.status !== 200) throw new Error(`A search was answered with ${response.status}`);
  return response;
}

/** ripgrep or grep to its end; its output is read and dropped. */
export async function timedProgram(command: string, args: readonly string[]): Promise<number> {
  const startedAt = performance.now();
  const { ended } = start(command, args, { input: "" });
  const { code } = await ended;
  if (code !== 0 && code !== 1) throw new Error(`${command} ended with ${code}`);
  return performance.now() - startedAt;
}

/** Packs a stored log as the collector does. Returns the microseconds a line and the bytes of log, file and filters. */
export function sealStored({ path }: StoredExecution) {
  const base = path.slice(0, -".log".length);
  const startedAt = performance.now();
  const record = sealLog({ ...sealedPaths(base), log: path });
  const usALine = ((performance.now() - startedAt) * 1000) / record.lines;
  new Sidecar(`${base}.meta`, false).append(record);
  placeSealed(base);
  rmSync(path);
  return { usALine, textBytes: record.bytes, fileBytes: record.fileBytes, filterBytes: record.filterBytes };
}
