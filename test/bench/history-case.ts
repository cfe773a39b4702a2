import { join } from "node:path";
import { AccountFile } from "../../src/ctl/remote/account.ts";
import { parseNewToken, TOKEN_SCOPES } from "../../src/wire/token.ts";
import type { ApiClient } from "../support/api-client.ts";
import { RemoteMlctl } from "../support/remote-mlctl.ts";
import type { Case, Figures, Metric } from "./bench.ts";
import { startCollector } from "./bench-site.ts";
import { roomFor } from "./disk-room.ts";
import { addCrowd, RepeatedLines } from "./stored-crowd.ts";
import { StoredData } from "./stored-data.ts";

const EXECUTIONS = 100_000;
/** 1 to 200 lines each: about 1.4 GB of log. */
const MOST_LINES = 200;
/** Shares no divisor with it. */
const STEP = 7_919;
const CROWD_BYTES = 1_400_000_000;
/** Of the large logs, if there are any. */
const LARGE_LINES = 150_000;
const LARGE_BYTES = LARGE_LINES * 134;
const GIGABYTE = 1_000_000_000;
/** What reads the whole history may take this long, what reads a part of it no longer than a person waits. */
const WHOLE_SECONDS = 15;
const PART_SECONDS = 2;

/** Nothing is sealed by the collector itself. */
const SETTINGS = "seal-after-days = 0";

const COMMANDS: readonly { readonly args: readonly string[]; readonly atMost: number; readonly code?: number }[] = [
  { args: ["grep", "users/alpha-beta"], atMost: WHOLE_SECONDS, code: 1 },
  { args: ["grep", "-c", "sigma.*OutOfMemory"], atMost: WHOLE_SECONDS, code: 1 },
  { args: ["grep", "-m", "10", "SourceFileLoader"], atMost: PART_SECONDS },
  { args: ["ls"], atMost: PART_SECONDS },
  { args: ["ls", "--problems"], atMost: PART_SECONDS },
  { args: ["ls", "--label", "rank=7", "-n", "500"], atMost: PART_SECONDS },
  { args: ["ls", "--since", "2026-11-01", "-n", "5000"], atMost: PART_SECONDS },
  { args: ["nodes"], atMost: PART_SECONDS },
  { args: ["show", "-"], atMost: PART_SECONDS },
  { args: ["tail", "-"], atMost: PART_SECONDS },
  { args: ["tail", "training-500"], atMost: PART_SECONDS },
  { args: ["fold", "-i", "numbers", "training-500"], atMost: PART_SECONDS },
  { args: ["diff", "-q", "node1", "node2", "--job", "training-500"], atMost: PART_SECONDS, code: 1 },
  { args: ["get", "-o", "-", "@2"], atMost: PART_SECONDS },
  { args: ["usage"], atMost: PART_SECONDS },
  { args: ["usage", "--by", "job"], atMost: PART_SECONDS },
  { args: ["prune", "--older-than", "1d", "--dry-run"], atMost: WHOLE_SECONDS },
];

/**
 * mlctl on a collector with a long history.
 *
 * @param gb of logs, if that is more than its small ones.
 */
export function historyCase(gb: number): Case {
  const { bytes } = roomFor(Math.max(CROWD_BYTES, gb * GIGABYTE));
  const large = Math.floor((bytes - CROWD_BYTES) / LARGE_BYTES);
  let dataDir: string | undefined;
  const metrics = COMMANDS.map(({ args, atMost }): Metric => {
    return { name: args.join(" "), unit: "s", judge: "value", goal: { atMost } };
  });
  return {
    name: "history",
    about: `mlctl, from its start to its end and with its output in a pipe, on a collector with ${EXECUTIONS} ended executions of 1 to ${MOST_LINES} lines, and ${large} of ${LARGE_LINES} lines (--history-gb makes more): what a person waits for.`,
    besides: "",
    cells: [
      {
        name: `${EXECUTIONS + large} executions`,
        metrics,
        prepare: async () => {
          dataDir = await history(large);
        },
        ours: () => commands(dataDir ?? ""),
      },
    ],
  };
}

async function history(large: number): Promise<string> {
  const data = new StoredData();
  for (let i = 0; i < large; i += 1) data.add(LARGE_LINES, new RepeatedLines());
  data.end();
  addCrowd(
    data,
    Array.from({ length: EXECUTIONS }, (_, i) => 1 + ((i * STEP) % MOST_LINES)),
  );
  await data.index();
  return data.dataDir;
}

async function commands(dataDir: string): Promise<Figures> {
  const { api } = await startCollector({ dataDir, settings: SETTINGS });
  const mlctl = await signedIn(api);
  const figures: Record<string, number> = {};
  for (const { args, code: wanted = 0 } of COMMANDS) {
    const startedAt = performance.now();
    const { code, stderr } = await mlctl.run(args);
    figures[args.join(" ")] = (performance.now() - startedAt) / 1_000;
    if (code !== wanted) throw new Error(`mlctl ${args.join(" ")} ended with ${code}: ${stderr}`);
  }
  return figures;
}

/** mlctl as the user who is signed in with this session. */
async function signedIn(api: ApiClient): Promise<RemoteMlctl> {
  const mlctl = await RemoteMlctl.create();
  const response = await api.request("/api/tokens", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: "bench", scopes: TOKEN_SCOPES, days: 1 }),
  });
  const made = parseNewToken(await response.json());
  if (made === undefined) throw new Error(`A token was refused with ${response.status}`);
  const account = new AccountFile(join(mlctl.folder, "marcologger"));
  account.write({ url: api.origin, user: "bench", ...made });
  return mlctl;
}
