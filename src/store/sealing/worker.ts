import { setPriority } from "node:os";
import { parentPort } from "node:worker_threads";
import { failureCode, messageOf } from "../disk/storage-error.ts";
import { type SealPaths, sealLog } from "./seal-log.ts";

/** Everything else comes first: packing a gigabyte takes half a minute of a core. */
const NICE = 10;

try {
  // On Linux 0 is the calling thread, not the process (setpriority(2), "C library/kernel differences").
  setPriority(0, NICE);
} catch {
  // A service manager may forbid it (seccomp): then packing has normal priority.
}

parentPort?.on("message", (paths: SealPaths) => {
  try {
    parentPort?.postMessage({ sealed: sealLog(paths) });
  } catch (error) {
    parentPort?.postMessage({ failed: { code: failureCode(error), message: messageOf(error) } });
  }
});
