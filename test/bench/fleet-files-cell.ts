import { createHash } from "node:crypto";
import { copyFileSync, statSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BLOB_CHUNK_BYTES } from "../../src/wire/fleet/blob.ts";
import { parseFleetView } from "../../src/wire/fleet/node-view.ts";
import { FleetKey, runOrder } from "../support/fleet-keys.ts";
import { run, start } from "../support/processes.ts";
import type { Cell, Figures } from "./bench.ts";
import { benchFolder } from "./bench-folder.ts";
import { type BenchCollector, startCollector } from "./bench-site.ts";
import { makeCrowdPki } from "./fleet-pki.ts";
import { cpuSeconds } from "./process-figures.ts";

const FETCHERS = fileURLToPath(new URL("fleet-fetchers.js", import.meta.url));
const NODES = 50;
const MIB = 1_048_576;
const FILE_MIB = 64;
const FETCHED_WITHIN_MS = 300_000;

/**
 * A file from the collector to many nodes at once. Beside it: the same bytes written to as many files by cp(1). A ratio of 1 means
 * that the disk is what both wait for; the collector's CPU says up to which link it is not what nodes wait for.
 */
export function filesCell(): Cell {
  let pki = "";
  return {
    name: `a file of ${FILE_MIB} MiB to ${NODES} nodes`,
    metrics: [
      { name: "files to all", unit: "MiB/s", judge: "ratio" },
      { name: "collector's CPU for files", unit: "s a GiB", judge: "value" },
    ],
    prepare: async () => {
      if (pki === "") pki = await makeCrowdPki(NODES);
    },
    ours: async () => fetched(pki),
    beside: copied,
  };
}

async function fetched(pki: string): Promise<Figures> {
  const settings = 'fleet = "127.0.0.1:0"\n';
  const collector = await startCollector({ pki, settings });
  const [, port = ""] = await collector.process.waitFor(/nodes that fetch files host=\S+ port=(\d+)/);
  const sha256 = await ordered(collector);
  const place = [userInfo().username, sha256, String(FILE_MIB * MIB), benchFolder()];
  const nodes = start(process.execPath, [FETCHERS, port, pki, String(NODES), ...place]);
  const cpuBefore = cpuSeconds(collector.process.pid);
  nodes.stdin?.write("fetch\n");
  const [, ms] = await nodes.waitFor(/^fetched (\S+)$/m, FETCHED_WITHIN_MS);
  const cpu = cpuSeconds(collector.process.pid) - cpuBefore;
  const mib = NODES * FILE_MIB;
  return { "files to all": mib / (Number(ms) / 1_000), "collector's CPU for files": cpu / (mib / 1_024) };
}

/** Sends the file over the API, and an order that names it. Resolves with its digest. */
async function ordered({ api }: BenchCollector): Promise<string> {
  const file = Buffer.alloc(FILE_MIB * MIB, "a file of the benchmark\n");
  const sha256 = createHash("sha256").update(file).digest("hex");
  const headers = { "content-type": "application/octet-stream" };
  for (let offset = 0; offset < file.length; offset += BLOB_CHUNK_BYTES) {
    const body = file.subarray(offset, offset + BLOB_CHUNK_BYTES);
    const path = `/api/blobs/${sha256}?bytes=${file.length}&offset=${offset}`;
    const answer = await api.request(path, { method: "PUT", headers, body });
    if (!answer.ok) throw new Error(`The file was answered with ${answer.status}: ${await answer.text()}`);
  }
  const fleet = parseFleetView(await api.json("/api/fleet"))?.id ?? "";
  const nodes = Array.from({ length: NODES }, (_, i) => `n${i + 1}`);
  const named = { path: "~/x", sha256, bytes: file.length, mode: 0o644, overwrite: false, unpack: "" } as const;
  const order = runOrder({ fleet, user: userInfo().username, nodes, files: [named] });
  const body = JSON.stringify(FleetKey.make(benchFolder(), "key").signed(order));
  const answer = await api.request("/api/runs", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  if (!answer.ok) throw new Error(`The order was answered with ${answer.status}: ${await answer.text()}`);
  return sha256;
}

/** All at once, as the nodes. */
async function copied(): Promise<Figures> {
  const folder = benchFolder();
  const source = join(folder, "source");
  writeFileSync(source, Buffer.alloc(FILE_MIB * MIB, "a file of the benchmark\n"));
  copyFileSync(source, join(folder, "warm"));
  const startedAt = performance.now();
  const copies = Array.from({ length: NODES }, (_, i) => run("cp", [source, join(folder, `n${i + 1}`)]));
  await Promise.all(copies);
  const seconds = (performance.now() - startedAt) / 1_000;
  if (statSync(join(folder, `n${NODES}`)).size !== FILE_MIB * MIB) throw new Error("cp(1) has not copied everything");
  return { "files to all": (NODES * FILE_MIB) / seconds };
}
