import { join } from "node:path";
import type { Launch } from "../wire/launch.ts";
import { processName } from "./command/process-name.ts";
import { beginJson } from "./delivery/begin-json.ts";
import { Delivery } from "./delivery/delivery.ts";
import { greeting } from "./delivery/gate-protocol.ts";
import { sendBufferBytes, sentBlocks } from "./delivery/send-buffer.ts";
import { RUN_LIMITS } from "./limits.ts";
import { type BackgroundFlushOptions, flushInBackground, releaseFlush } from "./spool/background-flush.ts";
import { openSpoolFolder, type SpoolPlaces, spoolFolders, takenFolder } from "./spool/spool-folder.ts";
import { SpoolWriter } from "./spool/spool-writer.ts";
import type { Timers } from "./timers.ts";

export interface LogOptions {
  /** The command line for BEGIN, with secrets masked; at least one word. */
  readonly argv: readonly string[];
  readonly x: string;
  readonly key: string;
  readonly job: string;
  readonly launch: Launch;
  readonly labels: Readonly<Record<string, string>>;
  readonly node: string;
  /** The pid of mlrun that the user sees. */
  readonly pid: number;
  /** The pid of the process that delivers. */
  readonly ownPid: number;
  readonly cwd: string;
  readonly runDir: string;
  readonly spool: SpoolPlaces;
  readonly clock: { elapsedMs(): number; timestamp(): string; readonly after: Timers["after"] };
  warn(message: string): void;
  /** Starts `mlrun --flush` as a separate process. */
  readonly startFlush: BackgroundFlushOptions["start"];
}

export interface LogDelivery {
  readonly delivery: Delivery;
  readonly spool: SpoolWriter;
  /** Lets other processes flush the spool. */
  close(): void;
}

/** Delivery and spool of one execution. Warns the user once when the relay is away, and says where the output goes. */
export function openLogDelivery(options: LogOptions): LogDelivery {
  const { argv, x, key: k, job, labels, node, pid, ownPid, cwd, clock, runDir } = options;
  const startedAt = clock.timestamp();
  const json = beginJson({ v: 1, x, k, job, argv, cwd, labels, startedAt, node, pid, ...options.launch });
  const elapsedMs = () => clock.elapsedMs();
  const spool = new SpoolWriter({
    x,
    begin: json,
    owner: () => processName(ownPid),
    openFolder: () => openSpoolFolder(options.spool),
    elapsedMs,
  });
  let warned = false;
  const delivery = new Delivery({
    path: join(runDir, "mlrun.sock"),
    greeting: greeting({ x, k, json }),
    sentBlocks: sentBlocks(sendBufferBytes()),
    spool,
    clock,
    onLive: () => {
      for (const folder of spoolFolders(options.spool)) {
        flushInBackground({ folder, owner: processName(ownPid), start: options.startFlush });
      }
    },
    onSpooling: (reason) => {
      if (warned) return;
      warned = true;
      options.warn(awayMessage(runDir, reason, openSpoolFolder(options.spool)));
      const taken = takenFolder(options.spool);
      if (taken === undefined) return;
      options.warn(`${taken.path} belongs to uid ${taken.owner}, so it is not used: an administrator can remove it`);
    },
  });
  const close = () => {
    for (const folder of spoolFolders(options.spool)) releaseFlush(folder, processName(ownPid));
  };
  return { delivery, spool, close };
}

/** A message about output that is lost for good. Undefined if none is. */
export function droppedMessage({ dropped }: SpoolWriter): string | undefined {
  const bytes = dropped.stdout + dropped.stderr;
  if (bytes === 0) return undefined;
  const most = RUN_LIMITS.spoolBytes / 1_048_576;
  return `${bytes} bytes of output are not logged: the spool is full (${most} MiB a user) or cannot be written`;
}

function awayMessage(runDir: string, reason: string, folder: string | undefined): string {
  const relay = `the relay at ${runDir} is away (${reason})`;
  if (folder === undefined) return `${relay} and there is no folder to spool to: output is shown, not logged`;
  return `${relay}: output is kept in ${folder}; your next mlrun delivers it, or mlrun --flush`;
}
