import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Ends a set-up that cannot continue: the message gives the next step. */
export class SetupError extends Error {}

/**
 * One step of set-up: prints its name, then runs a program silently. Shows its output only if it fails.
 *
 * @param {string} what for people: "installing npm packages"
 * @param {[string, ...string[]]} command program and arguments, no shell
 */
export function step(what, [program, ...args]) {
  console.error(`setup: ${what}`);
  const result = spawnSync(program, args, { cwd: ROOT, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  if (result.error === undefined && result.status === 0) return;
  const reason = result.error?.message ?? `${program} ended with ${result.status ?? result.signal}`;
  throw failed(what, reason, `${result.stdout ?? ""}${result.stderr ?? ""}`);
}

/**
 * A step that runs beside the next ones. Its output goes to a file, because the next steps block the event loop.
 *
 * @param {Record<string, string>} environment added to this process's own
 * @returns {() => Promise<void>} waits for its end
 */
export function stepBeside(what, [program, ...args], environment) {
  console.error(`setup: ${what}`);
  const folder = mkdtempSync(join(tmpdir(), "ml-setup-"));
  const output = openSync(join(folder, "output"), "w");
  const env = { ...process.env, ...environment };
  const child = spawn(program, args, { cwd: ROOT, env, stdio: ["ignore", output, output] });
  const end = once(child, "exit").then(
    ([status, signal]) => (status === 0 ? undefined : `${program} ended with ${status ?? signal}`),
    (error) => error.message,
  );
  return async () => {
    const reason = await end;
    const printed = readFileSync(join(folder, "output"), "utf8");
    rmSync(folder, { recursive: true });
    if (reason !== undefined) throw failed(what, reason, printed);
  };
}

function failed(what, reason, output) {
  return new SetupError(`Cannot continue: failed ${what}: ${reason}\n${output}`);
}

/** Runs the main function of a set-up script and turns a SetupError into its message and exit code 1. */
export async function runScript(main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`setup: ${error.message.trimEnd()}`);
    process.exitCode = 1;
  }
}
