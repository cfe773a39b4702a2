import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "./step.mjs";

const FOLDER = join(ROOT, "dist/src/bin");
const CACHED = "mlrun-cached.cjs";
/** A run takes a fraction of a second: anything longer hangs. */
const WITHIN_MS = 20_000;

/**
 * Makes mlrun's code cache by logging an example execution, since V8 keeps only code that has run. Without the cache mlrun
 * works, but starts more slowly.
 */
export async function makeMlrunCache() {
  const place = mkdtempSync(join(tmpdir(), "mlrun-cache-"));
  for (const name of ["mlrun.cache", CACHED]) rmSync(join(FOLDER, name), { force: true });
  const gate = createServer({ allowHalfOpen: true }, confirm);
  try {
    gate.listen(join(place, "mlrun.sock"));
    await once(gate, "listening");
    copyFileSync(join(ROOT, "src/bin", CACHED), join(FOLDER, CACHED));
    const code = await logExample(place);
    if (code === 0) return;
    console.error(`setup: mlrun starts more slowly: an example for its code cache ended with ${code}`);
  } catch (error) {
    console.error(`setup: mlrun starts more slowly: Cannot make its code cache: ${error}`);
  } finally {
    gate.close();
    rmSync(place, { recursive: true });
  }
  rmSync(join(FOLDER, CACHED), { force: true });
}

/** Sends the gate's answers: BEGIN is taken; everything is taken. */
function confirm(connection) {
  connection.once("data", () => connection.write("K"));
  connection.once("end", () => connection.end("T"));
  connection.on("error", () => {});
}

async function logExample(place) {
  const { makeRecord, RECORD } = await import(join(ROOT, "dist/src/run/output/records.js"));
  const { begin, pid, stdout, stderr, exit, over } = RECORD.types;
  const number = Buffer.alloc(4);
  number.writeUInt32LE(process.pid);
  const fields = `x=01JCABCDEFGHJKMNPQRSTVWXYZ key=abcdefghijklmnopqrstuv job=j node=n pid=1 started-us=1 cwd=/ run-dir=${place} MLRUN_SPOOL_DIR=${place} HOME=${place} label=a=b arg=true arg=--x`;
  const records = [
    makeRecord(begin, Buffer.from(`${fields.replaceAll(" ", "\0")}\0`)),
    makeRecord(pid, number),
    makeRecord(stdout, Buffer.from("a line\n".repeat(100))),
    makeRecord(stderr, Buffer.from("10 %\r20 %\r30 %\r\u00e4\u0001 and no end")),
    makeRecord(exit, Buffer.alloc(4)),
    makeRecord(over, Buffer.alloc(24)),
  ];
  const child = spawn(process.execPath, [join(FOLDER, CACHED), "--make-cache", "--log-records"], {
    env: { HOME: place, MLRUN_CONFIG: join(place, "none") },
    stdio: ["ignore", "inherit", "inherit", "pipe", "pipe"],
    timeout: WITHIN_MS,
  });
  const [, , , socket, progress] = child.stdio;
  for (const stream of [socket, progress]) stream.on("error", () => {}).resume();
  socket.write(Buffer.concat(records));
  const [code, signal] = await once(child, "exit");
  return code ?? signal;
}
