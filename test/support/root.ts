import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { describe, test } from "vitest";
import { afterwards } from "./cleanup.ts";
import { type Result, type RunningProcess, run, start } from "./processes.ts";

export interface TestUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly password: string;
}

const IS_ROOT = process.getuid?.() === 0;

/** A group of cases that need root, directly or through `sudo -n`; elsewhere they are skipped with the reason. */
export function describeAsRoot(name: string, cases: () => void): void {
  if (IS_ROOT || spawnSync("sudo", ["-n", "true"]).status === 0) {
    describe(name, cases);
    return;
  }
  test(name, (context) => context.skip("needs root: run the tests as root, or where `sudo -n true` works"));
}

/** `[command, ...args]` that runs a program as root. */
export function asRoot(command: string, ...args: string[]): [string, ...string[]] {
  return IS_ROOT ? [command, ...args] : ["sudo", "-n", "--", command, ...args];
}

/** `[command, ...args]` that runs a program as a user, with the groups and the home of that user. */
export function asUser(user: TestUser, command: string, ...args: string[]): [string, ...string[]] {
  const identity = [`--reuid=${user.uid}`, `--regid=${user.gid}`, "--init-groups"];
  return asRoot("setpriv", ...identity, "--", "env", `HOME=/home/${user.name}`, `USER=${user.name}`, command, ...args);
}

/** A new unix user with a password and a home, deleted afterwards. Names are unique: test files run side by side. */
export async function createTestUser(prefix: string, options: { groups?: readonly string[] } = {}): Promise<TestUser> {
  const name = `${prefix}${randomBytes(4).toString("hex")}`;
  const password = randomBytes(12).toString("base64url");
  const groups = options.groups === undefined ? [] : ["--groups", options.groups.join(",")];
  // Directories have names that useradd rejects: `first.last`.
  await must("useradd", "--badname", "--create-home", "--shell", "/bin/bash", ...groups, name);
  afterwards(async () => void (await runAsRoot("userdel", ["--remove", "--force", name])));
  const changed = await runAsRoot("chpasswd", [], `${name}:${password}\n`);
  if (changed.code !== 0) throw new Error(`Cannot set a password for ${name}: ${changed.stderr}`);
  const [, , uid, gid] = (await must("getent", "passwd", name)).stdout.split(":");
  return { name, uid: Number(uid), gid: Number(gid), password };
}

async function must(command: string, ...args: string[]): Promise<Result> {
  const result = await runAsRoot(command, args);
  if (result.code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${result.code}: ${result.stderr}`);
  return result;
}

/** Starts a program as root. Through sudo only root may signal it, so root ends it afterwards. */
export function startAsRoot(command: string, ...args: string[]): RunningProcess {
  const [program, ...rest] = asRoot(command, ...args);
  const running = start(program, rest);
  if (!IS_ROOT) {
    afterwards(async () => {
      await runAsRoot("kill", [String(running.pid)]);
      await running.ended;
    });
  }
  return running;
}

/** Runs a program as root to its end. */
export function runAsRoot(command: string, args: readonly string[], input = ""): Promise<Result> {
  const [program, ...rest] = asRoot(command, ...args);
  return run(program, rest, { input });
}
