import { join } from "node:path";
import { createInterface } from "node:readline";
import { BlobSource } from "../../src/agent/files/blob-source.ts";

/**
 * Nodes that fetch one file, in a process of their own: `fleet-fetchers.js PORT PKI COUNT OWNER SHA256 BYTES FOLDER`. Each has a
 * connection and a certificate of its own and writes a file of its own. A line on standard input: all fetch at once, and it prints how long
 * that took, in milliseconds.
 */
const [port, pki = "", count, owner = "", sha256 = "", bytes, folder = ""] = process.argv.slice(2);
const nodes = Array.from({ length: Number(count) }, (_, i) => `n${i + 1}`);

async function fetchAll(): Promise<number> {
  const startedAt = performance.now();
  const all = nodes.map((node) => {
    const source = new BlobSource({ host: "127.0.0.1", port: Number(port), pki, node });
    return source.fetch({ owner, sha256 }, { path: join(folder, node), from: 0, bytes: Number(bytes) });
  });
  const missing = (await Promise.all(all)).filter((answer) => answer !== "whole").length;
  if (missing > 0) throw new Error(`${missing} nodes got nothing`);
  return performance.now() - startedAt;
}

for await (const _ of createInterface({ input: process.stdin })) {
  process.stdout.write(`fetched ${await fetchAll()}\n`);
}
