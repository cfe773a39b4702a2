import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Execution } from "../../src/wire/api.ts";
import { findLog } from "../support/find-log.ts";
import { mlrun } from "../support/mlrun.ts";
import { poll } from "../support/poll.ts";
import type { Case, Cell, Figures } from "./bench.ts";
import { benchEnvironment } from "./bench-mlrun.ts";
import { startBenchRelay, startCollector } from "./bench-site.ts";

const MODULES = "asyncio, argparse, csv, decimal, email, http.client, json, logging, sqlite3, unittest, xml.dom";

/** Programs that every Debian with Python has, with typical output. */
const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  "ls -lR, as fast as it can": ["ls", "-lR", "/usr/lib", "/usr/share"],
  "python3 -v, as it loads modules": ["python3", "-v", "-c", `import ${MODULES}`],
  "a shell script, a process a line": ["sh", "-c", 'for file in /usr/bin/*; do cksum "$file"; done'],
};

/** Size of a stored line. */
export function diskCase(): Case {
  return {
    name: "disk",
    about:
      "Stored bytes for each line of real programs' output: log and sidecar, also after gzip (each file separately, default level); beside it the plain text, also after gzip. Timestamps compress worse when fewer lines come at once.",
    besides: "plain text",
    cells: Object.entries(PROGRAMS).map(([name, command]) => cell(name, command)),
  };
}

function cell(name: string, command: readonly string[]): Cell {
  let text: Buffer = Buffer.alloc(0);
  let lines = 0;
  return {
    name,
    metrics: [
      { name: "stored", unit: "bytes a line", judge: "difference", goal: { atMost: 42 } },
      { name: "after gzip", unit: "bytes a line", judge: "difference", goal: { atMost: 8 } },
      { name: "lines", unit: "lines", judge: "value" },
    ],
    async ours() {
      const stored = await store(command);
      ({ text, lines } = stored);
      return { ...sizes(stored.files, lines), lines };
    },
    // What the same run printed.
    beside: async () => sizes([text], lines),
  };
}

function sizes(files: readonly Buffer[], lines: number): Figures {
  const sum = (bytes: readonly Buffer[]) => bytes.reduce((total, { length }) => total + length, 0);
  return { stored: sum(files) / lines, "after gzip": sum(files.map((file) => gzipSync(file))) / lines };
}

async function store(command: readonly string[]): Promise<{ files: Buffer[]; text: Buffer; lines: number }> {
  const { relpPort, api, dataDir } = await startCollector();
  const { runDir } = await startBenchRelay(relpPort);
  await mlrun(["--quiet", "--run-dir", runDir, "--", ...command], { env: benchEnvironment() });
  const isWhole = ({ delivery }: Execution) => delivery === "complete";
  const { x, lines } = await poll("a complete execution", async () => (await api.executions()).find(isWhole), 60_000);
  const text = await api.raw(x);
  const folder = dirname(await findLog(dataDir, x));
  const files = readdirSync(folder)
    .filter((file) => file.startsWith(x))
    .map((file) => readFileSync(join(folder, file)));
  return { files, text, lines };
}
