import { closeSync, openSync, readSync } from "node:fs";
import { hostname } from "node:os";
import { isatty } from "node:tty";
import { formatTimestamp } from "../frame/timestamp.ts";
import { type Arguments, parseArguments } from "../run/arguments.ts";
import { type BeginFields, parseBeginFields } from "../run/begin-fields.ts";
import { Clock } from "../run/clock.ts";
import { findNames } from "../run/command/names.ts";
import { processName } from "../run/command/process-name.ts";
import { type Environment, inheritedLabels } from "../run/command/surroundings.ts";
import { runDoctor } from "../run/doctor/doctor.ts";
import { runExecution } from "../run/execution.ts";
import { HELP } from "../run/help.ts";
import { logRecords } from "../run/log-records.ts";
import { maskArgv } from "../run/mask-argv.ts";
import { secretFileOf } from "../run/notify/secret.ts";
import { sendNotifications } from "../run/notify/send-notifications.ts";
import { replayRawFiles } from "../run/replay-raw.ts";
import { readSiteSettings } from "../run/site-settings.ts";
import { startFlush } from "../run/spool/background-flush.ts";
import { spooledFiles } from "../run/spool/spool-files.ts";
import { type SpoolPlaces, spoolFolders } from "../run/spool/spool-folder.ts";
import { flushSpool } from "../run/spool/spool-sender.ts";
import { TIMERS } from "../run/timers.ts";
import { makeExecutionId } from "../wire/ids.ts";
import { UsageError } from "../wire/usage-error.ts";
import { accountFile, DEFAULT_RUN_DIR, homeFolder, runFolder, settingsFile, spoolPlaces } from "./mlrun-places.ts";
import { STDOUT, say, warn } from "./mlrun-say.ts";
import { refuseOldNode } from "./node-floor.ts";

/** Put in by the bundler, from package.json. */
declare const MLRUN_VERSION: string;

const OWN_ERROR = 125;
const KEY_BYTES = 16;
const ID_BYTES = 16;
/** Descriptors from the launcher's pump: its socket, and the pipe for the progress (`src/launcher/logger.c`). */
const RECORDS = 3;
const PROGRESS = 4;
/** The argument with which the launcher calls this program. */
const LOG_RECORDS = "--log-records";
/** The name becomes HOSTNAME of RFC 5424 and a folder's name, but a kernel accepts any bytes in it. */
const NOT_IN_A_HOSTNAME = /[^\w.-]/g;

const { env } = process;

async function main(): Promise<number> {
  refuseOldNode("mlrun", OWN_ERROR);
  if (process.argv[2] === LOG_RECORDS) return logForLauncher();
  const asked = parseArguments(process.argv.slice(2));
  const runDir = runFolder(asked.runDir, env);
  const node = hostname().replace(NOT_IN_A_HOSTNAME, "-") || "localhost";
  switch (asked.action) {
    case "help":
      say(STDOUT, HELP);
      return 0;
    case "version":
      say(STDOUT, `mlrun ${MLRUN_VERSION} (in Node: there was no C compiler when it was built)`);
      return 0;
    case "flush":
      return flush(runDir, spoolPlaces(env, node, runDir));
    case "doctor":
      return doctor(runDir, node);
    case "run":
      return run(asked, runDir, node);
  }
}

function run(asked: Arguments, runDir: string, node: string): Promise<number> {
  const random = randomBytes(KEY_BYTES + ID_BYTES);
  const x = asked.id ?? makeExecutionId(Date.now(), random.subarray(KEY_BYTES));
  const { job, launch, restarts, variables } = findNames(env, { x, node, job: asked.job, run: asked.run });
  const { oneLineFrames, maskArgv: patterns } = siteSettings(env);
  const { argv, quiet, raw } = asked;
  const spool = spoolPlaces(env, node, runDir);
  return runExecution({
    words: argv,
    argv: maskArgv(argv, { hidesAll: asked.hideArgv, patterns }),
    environment: { PYTHONUNBUFFERED: "1", ...env, ...variables },
    x,
    key: random.toString("base64url", 0, KEY_BYTES),
    job,
    launch,
    // Labels from the command line come first, and win: if there are too many, the last are dropped.
    labels: { ...asked.labels, ...inheritedLabels({ ...env, restarts: String(restarts) }), ...asked.labels },
    node,
    pid: process.pid,
    ownPid: process.pid,
    cwd: currentFolder(),
    runDir,
    spool,
    quiet,
    raw,
    oneLineFrames: asked.oneLineFrames || oneLineFrames,
    hasTerminal: hasTerminal(),
    clock: new Clock({ startedAtMs: performance.timeOrigin, monotonicMs: () => performance.now(), timers: TIMERS }),
    warn,
    startFlush: flushStarter(() => ({ runDir, spool })),
  });
}

/** Starts `mlrun --flush` for the relay and the spool of an execution. */
function flushStarter(where: () => Pick<BeginFields, "runDir" | "spool"> | undefined) {
  return () => {
    const { runDir = DEFAULT_RUN_DIR, spool } = where() ?? {};
    // Absolute: the flush runs in another folder.
    const flushEnv = spool?.chosen === undefined ? env : { ...env, MLRUN_SPOOL_DIR: spool.chosen };
    return startFlush([process.execPath, process.argv[1] ?? "", "--flush", "--run-dir", runDir], flushEnv);
  };
}

/** The Node part of mlrun, beside the launcher: it only reads the records of the launcher's pump. */
async function logForLauncher(): Promise<number> {
  let begin: BeginFields | undefined;
  const readBegin = (payload: Buffer) => {
    begin = readBeginRecord(payload);
    return begin;
  };
  const ownPid = process.pid;
  await logRecords({
    records: RECORDS,
    progress: PROGRESS,
    nowUs,
    timers: TIMERS,
    readBegin,
    ownPid,
    startFlush: flushStarter(() => begin),
  });
  return 0;
}

function readBeginRecord(payload: Buffer): BeginFields | undefined {
  return parseBeginFields(payload, { spoolPlaces, site: siteSettings });
}

function nowUs(): number {
  return Math.floor((performance.timeOrigin + performance.now()) * 1000);
}

function siteSettings(environment: Environment) {
  return readSiteSettings(settingsFile(environment), warn);
}

/** Delivers spooled files, in the foreground, and reports the result. */
async function flush(runDir: string, places: SpoolPlaces): Promise<number> {
  let delivered = 0;
  let kept = 0;
  let busy = 0;
  for (const folder of spoolFolders(places)) {
    const owner = processName(process.pid);
    // Each replayed file is delivered at once, or spooled.
    const log = { nowUs, timers: TIMERS, readBegin: readBeginRecord, ownPid: process.pid };
    delivered += await replayRawFiles({ folder, owner, warn, ...log });
    const notified = await sendNotifications({ folder, owner, nowMs: Date.now, warn });
    delivered += notified.sent;
    kept += notified.kept;
    const result = await flushSpool({ folder, runDir, owner, warn, after: TIMERS.after });
    delivered += result.delivered;
    kept += result.kept + result.unreadable;
    busy += spooledFiles(folder).busy;
    if (notified.kept > 0) warn(`${notified.kept} notifications stay in ${folder}: nobody takes them; try again later`);
    if (result.kept > 0)
      warn(`the relay at ${runDir} takes nothing: ${result.kept} stay in ${folder}; try again later`);
    if (result.damaged > 0)
      warn(`${result.damaged} in ${folder} cannot be delivered and are *.damaged now: they do not begin with a BEGIN`);
  }
  const others = busy === 0 ? "" : `, ${busy} in use by a running mlrun`;
  say(STDOUT, `mlrun: ${delivered} delivered, ${kept} waiting${others}`);
  return kept === 0 ? 0 : OWN_ERROR;
}

/** Checks the way from here to the relay's journal and on to the collector, and prints the findings. */
async function doctor(runDir: string, node: string): Promise<number> {
  const random = randomBytes(KEY_BYTES + ID_BYTES);
  const x = makeExecutionId(Date.now(), random.subarray(KEY_BYTES));
  const key = random.toString("base64url", 0, KEY_BYTES);
  const path = settingsFile(env);
  const { notifySecretFile } = readSiteSettings(path, () => {});
  const isWell = await runDoctor({
    runDir,
    spool: spoolPlaces(env, node, runDir),
    begin: { x, key, node, pid: process.pid, cwd: currentFolder(), startedAt: formatTimestamp(nowUs()) },
    secretFile: secretFileOf(notifySecretFile, homeFolder(env)),
    accountFile: accountFile(env),
    readSettings: (complain) => readSiteSettings(path, complain),
    nowMs: Date.now,
    say: (text) => say(STDOUT, text),
    hasColours: isatty(STDOUT),
  });
  return isWell ? 0 : 1;
}

/** From the kernel: loading node:crypto would take longer than most of the work here. */
function randomBytes(count: number): Buffer {
  const bytes = Buffer.alloc(count);
  const fd = openSync("/dev/urandom", "r");
  readSync(fd, bytes);
  closeSync(fd);
  return bytes;
}

/** A command may still run in a folder that was removed. */
function currentFolder(): string {
  try {
    return process.cwd();
  } catch {
    return "";
  }
}

/** Whether this process has a controlling terminal, in the foreground or not. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync("/dev/tty", "r"));
    return true;
  } catch {
    return false;
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    warn(error instanceof UsageError ? `${error.message}\nmlrun --help lists the options.` : String(error));
    process.exit(OWN_ERROR);
  },
);
