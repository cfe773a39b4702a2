import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Set-up cannot continue: the message gives the next step. */
export class SetupError extends Error {}

/**
 * One step of set-up: prints its name, then runs a program silently. Shows its output only if it fails.
 *
 * @param {string} what for people: "installing npm packages"
 * @param {[string, ...string[]]} command program and arguments, no shell
 * @param {Record<string, string>} [environment] added to this process's own
 */
export function step(what, [program, ...args], environment = {}) {
  console.error(`setup: ${what}`);
  const env = { ...process.env, ...environment };
  const result = spawnSync(program, args, { cwd: ROOT, env, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  if (result.error === undefined && result.status === 0) return;
  const reason = result.error?.message ?? `${program} ended with ${result.status ?? result.signal}`;
  throw new SetupError(`Cannot continue: failed ${what}: ${reason}\n${result.stdout ?? ""}${result.stderr ?? ""}`);
}

/** Runs the main function of a set-up script and turns a SetupError into its message and exit code 1. */
export function runScript(main) {
  try {
    main();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`setup: ${error.message.trimEnd()}`);
    process.exitCode = 1;
  }
}
