import { join } from "node:path";
import type { ApiClient } from "../support/api-client.ts";
import { fakeExecution } from "../support/envelopes.ts";
import { sendExecution } from "../support/send.ts";
import { type Relay, Site } from "../support/site.ts";
import { judgeMany, numbers } from "./many-executions.ts";
import { ResourceWatch } from "./resource-watch.ts";
import type { Scenario, Size, Verdict } from "./scenario.ts";

/** Connections of the generator to each gate at a time. */
const CONNECTIONS = 16;
const JOB = "crowd";
const PATIENCE_MS = 300_000;

interface Started {
  readonly site: Site;
  readonly api: ApiClient;
  readonly relays: Relay[];
  readonly watch: ResourceWatch;
}

/** Every execution's numbers, counted in the files. */
function judge({ watch, ...started }: Started, size: Size): Promise<Verdict> {
  return judgeMany({ ...started, job: JOB, executions: size.injections, size, problems: watch.problems() });
}

async function startSite(): Promise<Started> {
  const site = await Site.create();
  const api = await site.api();
  const relays = await site.startTwoRelays();
  const watch = new ResourceWatch({
    collector: site.collector.pid,
    relays: relays.map(({ rsyslogd }) => rsyslogd.process.pid),
  });
  return { site, api, relays, watch };
}

/** Short executions as frames, through the gates. */
async function runFrames(size: Size): Promise<Verdict> {
  const started = await startSite();
  const { relays } = started;
  const each = Math.round(size.lines / size.injections);
  const perNode = size.injections / relays.length;
  await Promise.all(
    relays.map(async ({ node, runDir }) => {
      const executions = Array.from({ length: perNode }, () => fakeExecution({ node, job: JOB }));
      const sendNext = async () => {
        for (let one = executions.pop(); one !== undefined; one = executions.pop()) {
          const { lines, end } = one;
          const frames = [...numbers(each).map((text, i) => lines(i + 1, [text])), end(each)];
          await sendExecution(join(runDir, "mlrun.sock"), one, frames);
        }
      };
      await Promise.all(Array.from({ length: CONNECTIONS }, sendNext));
    }),
  );
  return judge(started, size);
}

/** Real mlruns, all at once. */
async function runCommands(size: Size): Promise<Verdict> {
  const started = await startSite();
  const { site, relays } = started;
  const each = Math.round(size.lines / size.injections);
  const commands = Array.from({ length: size.injections }, (_, i) => {
    const relay = relays[i % relays.length];
    if (relay === undefined) throw new Error("No relay is running");
    return site.mlrun(relay, ["--job", JOB, "--quiet", "--", "seq", String(each)]);
  });
  const ended = await Promise.all(commands);
  for (const relay of relays) await site.flushSpool(relay, PATIENCE_MS);
  const verdict = await judge(started, size);
  const failed = ended
    .filter(({ code }) => code !== 0)
    .map(({ code, stderr }) => `mlrun ended with ${code}: ${stderr}`);
  return { ...verdict, problems: [...verdict.problems, ...failed] };
}

export const crowds: readonly Scenario[] = [
  {
    name: "crowd: short executions",
    short: { lines: 1_200, injections: 300, holdMs: 0 },
    long: { lines: 200_000, injections: 5_000, holdMs: 0 },
    run: runFrames,
  },
  {
    name: "crowd: mlruns at once",
    short: { lines: 3_000, injections: 30, holdMs: 0 },
    long: { lines: 300_000, injections: 300, holdMs: 0 },
    run: runCommands,
  },
];
