import { type IngestRun, ingestIntoCollector, ingestIntoRsyslogd } from "./ingest-case.ts";
import { spread } from "./measure.ts";

const rounds = Number(process.argv[2] ?? 3);
for (const [executions, connections, linesPerFrame] of [
  [1, 1, 1],
  [16, 1, 1],
  [1000, 1, 1],
  [16, 4, 1],
  [16, 1, 60],
] as const) {
  const shape = { executions, connections, linesPerFrame, lines: 300_000, lineBytes: 100, window: 4096 };
  const ours: IngestRun[] = [];
  const theirs: IngestRun[] = [];
  for (let i = 0; i < rounds; i += 1) {
    ours.push(await ingestIntoCollector(shape));
    theirs.push(await ingestIntoRsyslogd({ ...shape, linesPerFrame: 1 }));
  }
  const rate = (runs: IngestRun[]) => spread(runs.map((run) => run.linesPerSecond)).median;
  const cpu = (runs: IngestRun[]) => spread(runs.map((run) => run.cpuPerLine)).median;
  console.log(
    `${executions} ex ${connections} conn ${linesPerFrame}/frame: ours ${Math.round(rate(ours))} l/s ${cpu(ours).toFixed(2)} us, rsyslogd ${Math.round(rate(theirs))} ${cpu(theirs).toFixed(2)} us, ratio ${(rate(ours) / rate(theirs)).toFixed(2)}`,
  );
}
