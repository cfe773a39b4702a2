import { execFile } from "node:child_process";

/** Less than the 5 s that a provider has, so that it can say why. */
const WITHIN_MS = 4_000;
/** Thousands of units or logins; an answer has room for 256 of them. */
const MAX_BYTES = 4 * 2 ** 20;
/** Not this process's environment: the output of tools depends on it. */
const ENVIRONMENT = { PATH: "/usr/bin:/bin:/usr/sbin:/sbin", LC_ALL: "C", TZ: "UTC" } as const;

/** Output of a system tool; undefined if this machine lacks it. Rejects with the tool's message if it fails. */
export function toolOutput(tool: string, args: readonly string[]): Promise<string | undefined> {
  const options = { env: ENVIRONMENT, timeout: WITHIN_MS, maxBuffer: MAX_BYTES, encoding: "utf8" } as const;
  return new Promise((resolve, reject) => {
    execFile(tool, args, options, (error, printed, said) => {
      if (error === null) resolve(printed);
      else if (error.code === "ENOENT") resolve(undefined);
      else reject(new Error(`${tool}: ${said.trim() || error.message}`));
    });
  });
}
