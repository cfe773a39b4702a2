import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { createPam } from "../auth/pam.ts";
import { serveAuth } from "../auth/serve-auth.ts";
import { WebSigner } from "../auth/signer/web-signer.ts";
import { type AuthConfig, type Config, parseCommandLine } from "../host/config.ts";
import { COLLECTOR_HELP } from "../host/config-help.ts";
import { createLog, type Log } from "../host/log.ts";
import { safeText } from "../host/safe-text.ts";
import { readSignerKey } from "../orders/signer-key.ts";
import { IndexDb } from "../store/index/index-db.ts";
import { reindex } from "../store/reindex.ts";
import { asRecord, parseJson } from "../wire/record.ts";
import { createCollector } from "./collector.ts";
import { openSpill } from "./store-part.ts";

/** Exit codes: 0 done, 1 failed, 2 invalid configuration. */
const EXIT = { failed: 1, usage: 2 } as const;
/**
 * Nearly all memory allocated at speed is in Buffers of traffic. V8 adds their bytes to its heap, and marks all of it
 * whenever it has grown by a part of its own size: with a heap of 10 MB that was every 25 ms, a quarter of the time.
 * 300 is the most by which V8 would let a heap grow on its own.
 */
const HEAP_GROWTH = "--heap-growing-percent=300";
/** systemd passes listening sockets from descriptor 3 on (sd_listen_fds(3)). */
const FIRST_PASSED_FD = 3;

/** The installation: this file is dist/src/bin/mlcollector-main.mjs in it. */
const INSTALLATION = new URL("../../../", import.meta.url);

/** Files created without an explicit mode (the index) are for the service alone; folders stay passable. */
process.umask(0o026);
// A closed stdout or stderr is no reason to stop collecting.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
const log = createLog(process.stderr, "mlcollector");
process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  const parsed = parseCommandLine(argv, (path) => readFileSync(path, "utf8"));
  if (parsed.kind === "problems") {
    for (const problem of parsed.problems) process.stderr.write(`mlcollector: ${safeText(problem)}\n`);
    process.stderr.write("mlcollector: correct these and start again; mlcollector --help lists the options\n");
    return EXIT.usage;
  }
  if (parsed.kind === "auth") return checkPasswords(parsed.auth);
  if (parsed.kind !== "config") {
    process.stdout.write(parsed.kind === "help" ? COLLECTOR_HELP : `mlcollector ${version()}\n`);
    return 0;
  }
  const { command, config } = parsed;
  return command === "reindex" ? rebuildIndex(config) : collect(config, argv);
}

function version(): string {
  const text = readFileSync(new URL("package.json", INSTALLATION), "utf8");
  return String(asRecord(parseJson(text))?.["version"]);
}

async function collect(config: Config, argv: readonly string[]): Promise<never> {
  setFlagsFromString(HEAP_GROWTH);
  const stopAsked = new Promise<void>((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => resolve());
  });
  let collector: ReturnType<typeof createCollector>;
  // Set before anything can be reloaded: without a handler, SIGHUP would end the process.
  const hangUps = { isStarted: false, isAsked: false };
  process.on("SIGHUP", () => {
    hangUps.isAsked = true;
    if (hangUps.isStarted) void collector.reload();
  });
  try {
    collector = createCollector({
      config,
      log,
      say: (line) => process.stdout.write(`${line}\n`),
      authCommand: [process.execPath, fileURLToPath(import.meta.url), "auth", ...argv],
      uiFolder: fileURLToPath(new URL("dist/ui", INSTALLATION)),
      uid: process.getuid?.() ?? 0,
    });
    await Promise.race([collector.start(), stopAsked]);
  } catch (error) {
    // At once: parts already started would keep the process alive, as if it ran.
    process.exit(failed("cannot start", error, log));
  }
  hangUps.isStarted = true;
  if (hangUps.isAsked) void collector.reload();
  await stopAsked;
  log.event("info", "stopping");
  const isClean = await collector.stop();
  // A part that hangs must not keep the service from ending.
  process.exit(isClean ? 0 : EXIT.failed);
}

async function rebuildIndex(config: Config): Promise<number> {
  try {
    const index = new IndexDb(join(config.dataDir, "index.db"));
    const places = { logsDir: join(config.dataDir, "logs"), spill: openSpill(config), nowMs: Date.now() };
    const { executions, unreadable } = await reindex(index, places);
    index.close();
    for (const { path, reason } of unreadable)
      process.stderr.write(`mlcollector: ${safeText(path)} is left out: ${safeText(reason)}\n`);
    process.stdout.write(`${executions} executions indexed\n`);
    return unreadable.length === 0 ? 0 : EXIT.failed;
  } catch (error) {
    return failed("cannot reindex", error, log);
  }
}

/** Answers the collector's questions about passwords: on systemd's socket, on a socket file, or as its child. */
async function checkPasswords({ pamService, authSocket, webSignerKey, loginCode }: AuthConfig): Promise<number> {
  const { LISTEN_FDS, LISTEN_PID } = process.env;
  const isActivated = LISTEN_FDS !== undefined && LISTEN_PID === String(process.pid);
  const endpoint = isActivated
    ? { listenFd: FIRST_PASSED_FD }
    : authSocket === undefined
      ? { streamFd: FIRST_PASSED_FD }
      : { path: authSocket };
  const own = createLog(process.stderr, "mlauth");
  const end = (): void => void process.kill(process.pid, "SIGKILL");
  try {
    const askPam = createPam({ program: fileURLToPath(new URL("mlpam", import.meta.url)), service: pamService });
    const signer =
      webSignerKey === undefined
        ? undefined
        : new WebSigner({ key: readSignerKey(webSignerKey), log: own, wallMs: Date.now });
    // A child of a collector that was started by hand: both are the same user's.
    const { username: user, uid } = userInfo();
    const codeUser = loginCode && "streamFd" in endpoint ? { user, uid } : undefined;
    await serveAuth({ endpoint, askPam, log: own, signer, codeUser, onParentGone: end });
    return 0;
  } catch (error) {
    return failed("cannot serve authentication", error, own);
  }
}

function failed(what: string, error: unknown, to: Log): number {
  const message = error instanceof Error ? error.message : String(error);
  const isLocked = message.includes("database is locked");
  const advice = isLocked ? "another collector uses this data folder: stop it first" : undefined;
  to.event("error", what, { error: message, advice });
  return EXIT.failed;
}
