import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { ApiClient } from "../support/api-client.ts";
import { FleetKey } from "../support/fleet-keys.ts";
import { DEMO_PATIENCE_MS, poll } from "../support/poll.ts";
import { type RunningProcess, start } from "../support/processes.ts";
import { RemoteMlctl } from "../support/remote-mlctl.ts";

const DEMO = fileURLToPath(new URL("../../dist/src/bin/demo.js", import.meta.url));

async function signedIn(demo: RunningProcess): Promise<ApiClient> {
  const [, origin = "", code = ""] = await demo.waitFor(/Open (\S+)\/#code=(\S+)/, DEMO_PATIENCE_MS);
  const api = new ApiClient(origin);
  expect(await api.login({ code })).toBe(200);
  expect(await new ApiClient(origin).login({ code })).toBe(401);
  return api;
}

/** Processes with this folder in their arguments. */
function processesOf(folder: string): string[] {
  const commands = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      } catch {
        return "";
      }
    });
  return commands.filter((command) => command.includes(folder));
}

describe("npm run demo", () => {
  it("shows a job of four nodes, one failing, and leaves nothing behind", async () => {
    const demo = start(process.execPath, [DEMO]);
    const api = await signedIn(demo);
    const [, folder = ""] = await demo.waitFor(/Files: (\S+)\/data\/logs/);
    const all = await poll(
      "four executions that are complete",
      async () => {
        const executions = await api.executions("job=demo");
        return executions.length === 4 && executions.every(({ delivery }) => delivery === "complete") && executions;
      },
      50_000,
    );
    expect(all.map(({ node }) => node).sort()).toEqual(["node1", "node2", "node3", "node4"]);
    expect(all.map(({ state }) => state).sort()).toEqual(["failed", "finished", "finished", "finished"]);
    for (const { x, thinned } of all) {
      expect(thinned).toBeGreaterThan(0);
      const printed = (await api.raw(x)).toString();
      expect(printed).toContain("\u001b[32m");
      expect(Math.max(...printed.split("\n").map((line) => line.length))).toBeGreaterThan(8_000);
    }
    expect(await demo.end("SIGINT")).toEqual({ code: 0, signal: null });
    expect(existsSync(folder)).toBe(false);
    expect(processesOf(folder)).toEqual([]);
  });

  it("wraps the user's own command", async () => {
    const demo = start(process.execPath, [DEMO, "sh", "-c", "echo hello; exit 7"]);
    const api = await signedIn(demo);
    await api.untilExecution("mine", ({ code, delivery }) => code === 7 && delivery === "complete");
    await demo.waitFor(/hello/);
    expect(await demo.end("SIGINT")).toMatchObject({ code: 0 });
  });

  it("starts on its nodes what mlctl signs with an SSH key of the user's", async () => {
    const mlctl = await RemoteMlctl.create();
    const env = { ...process.env, HOME: mlctl.folder, SSH_AUTH_SOCK: "" };
    mkdirSync(join(mlctl.folder, ".ssh"));
    FleetKey.make(join(mlctl.folder, ".ssh"), "id_ed25519");
    const demo = start(process.execPath, [DEMO, "true"], { env });
    const [, address = ""] = await demo.waitFor(/Open (\S+)/, DEMO_PATIENCE_MS);
    expect(await mlctl.run(["login", address])).toMatchObject({ code: 0, stderr: "" });
    const done = await mlctl.run(["run", "-n", "node1", "--", "sh", "-c", "echo as signed; exit 3"], "", env);
    expect(done).toMatchObject({ code: 3, stdout: expect.stringContaining("as signed\n") });
    expect(await demo.end("SIGINT")).toMatchObject({ code: 0 });
  });
});
