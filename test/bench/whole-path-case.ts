import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CRI } from "../../src/wire/cri.ts";
import { findLog } from "../support/find-log.ts";
import { freePort } from "../support/free-port.ts";
import { poll } from "../support/poll.ts";
import { start } from "../support/processes.ts";
import { startRsyslogd } from "../support/rsyslogd.ts";
import { anchorConfig } from "./anchors.ts";
import type { Case, Cell, Figures } from "./bench.ts";
import { benchFolder } from "./bench-folder.ts";
import { benchEnvironment, EXECUTION_ID, timedMlrun } from "./bench-mlrun.ts";
import { startBenchRelay, startCollector } from "./bench-site.ts";
import { linesFile, printWhenTold } from "./printed.ts";
import { cpuSeconds } from "./process-figures.ts";
import type { WriterTask } from "./socket-writer.ts";
import { cpuOf } from "./timed-command.ts";
import { until } from "./until.ts";

const WRITER = fileURLToPath(new URL("socket-writer.js", import.meta.url));
const LINE_BYTES = 100;

/** From what a command prints to the collector's file, beside the same lines through two rsyslogds. */
export function wholePathCase(lines: number): Case {
  const cell = ({
    options,
    atLeast,
    journal = false,
    ...named
  }: {
    name: string;
    options: readonly string[];
    atLeast: number;
    journal?: boolean;
  }): Cell => ({
    ...named,
    metrics: [
      { name: "lines/s", unit: "lines/s", judge: "ratio", goal: { atLeast } },
      { name: "CPU of all processes", unit: "us a line", judge: "ratio" },
    ],
    ours: () => throughMlrun(lines, options, journal),
    beside: () => throughTwoRsyslogds(lines),
  });
  return {
    name: "whole path",
    about: `${lines} lines of 100 bytes from a program to a file on the collector, plain beside plain, all on one machine. Ours: printed by a command (cat) under mlrun --quiet, through the gate and the relay of \`mlctl relay-config\` (input rulesets Direct; without and with its journal), over RELP, to the collector's file. Beside it: the same texts as one-line syslog messages, written to a unix socket by a program with all bytes ready, through rsyslogd, over RELP, to another's omfile. The clock starts when everything is ready and the program begins, and stops when the file is whole.`,
    besides: "socket writer → two rsyslogds → omfile",
    cells: [
      cell({ name: "packed frames", options: [], atLeast: 5 }),
      cell({ name: "--one-line-frames", options: ["--one-line-frames"], atLeast: 1.2 }),
      cell({ name: "packed frames, relay with journal", options: [], atLeast: 5, journal: true }),
      cell({
        name: "--one-line-frames, relay with journal",
        options: ["--one-line-frames"],
        atLeast: 1.2,
        journal: true,
      }),
    ],
  };
}

/** The highest rate at which a command's lines reach the collector's file, packed. */
export async function highestRate(lines: number): Promise<number> {
  return (await throughMlrun(lines, [], false))["lines/s"] ?? Number.NaN;
}

async function throughMlrun(lines: number, options: readonly string[], journal: boolean): Promise<Figures> {
  const collector = await startCollector();
  const relay = await startBenchRelay(collector.relpPort, { journal });
  const command = printWhenTold(linesFile({ lines, lineBytes: LINE_BYTES }));
  const [file, ...args] = timedMlrun({
    runDir: relay.runDir,
    options: ["--quiet", "--id", EXECUTION_ID, ...options],
    command,
  });
  const mlrun = start(file, args, { env: benchEnvironment(), detached: true });
  const log = await poll("the execution's log", () => findLog(collector.dataDir, EXECUTION_ID).catch(() => undefined));
  const daemons = [collector.process.pid, relay.process.pid, relay.gate.pid];
  const cpu = () => daemons.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
  const cpuBefore = cpu();
  const startedAt = performance.now();
  mlrun.stdin?.write("go\n");
  const wanted = lines * (CRI.prefixCharacters + LINE_BYTES + 1);
  await until("the collector to have every line", () => statSync(log).size >= wanted);
  const seconds = (performance.now() - startedAt) / 1000;
  await mlrun.ended;
  const used = cpu() - cpuBefore + cpuOf(mlrun);
  return { "lines/s": lines / seconds, "CPU of all processes": (used / lines) * 1e6 };
}

async function throughTwoRsyslogds(lines: number): Promise<Figures> {
  const [receiverFolder, senderFolder, port] = [benchFolder(), benchFolder(), await freePort()];
  mkdirSync(join(receiverFolder, "store"));
  const receiver = await startRsyslogd({
    folder: receiverFolder,
    config: anchorConfig("imrelp-omfile", { work: receiverFolder, port }),
    ports: [port],
  });
  const socketPath = join(senderFolder, "lines.sock");
  const sender = await startRsyslogd({
    folder: senderFolder,
    config: anchorConfig("imptcp-omrelp", { work: senderFolder, port }),
    sockets: [socketPath],
  });
  const task: WriterTask = { socketPath, lines, lineBytes: LINE_BYTES };
  const writer = start(process.execPath, [WRITER, JSON.stringify(task)]);
  const [, app, bytes] = await writer.waitFor(/ready (\S+) (\d+)/, 60_000);
  const log = join(receiverFolder, "store", `${app}.log`);
  const pids = [receiver.process.pid, sender.process.pid, writer.pid];
  const cpu = () => pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
  const cpuBefore = cpu();
  const startedAt = performance.now();
  writer.stdin?.write("go\n");
  const size = () => statSync(log, { throwIfNoEntry: false })?.size ?? 0;
  await until("rsyslogd to have every line", () => size() >= Number(bytes));
  const seconds = (performance.now() - startedAt) / 1000;
  return { "lines/s": lines / seconds, "CPU of all processes": ((cpu() - cpuBefore) / lines) * 1e6 };
}
