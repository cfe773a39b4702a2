import { expect, test } from "vitest";
import { poll } from "../../support/poll.ts";
import { createTestUser, describeAsRoot } from "../../support/root.ts";
import { Site } from "../../support/site.ts";
import { startUserFlood } from "../../support/user-flood.ts";

const COMMANDS = 4;
const LINES = 200;

describeAsRoot("a user who floods a node with everything at once", () => {
  const promise = "commands of another user on it and on another node are taken by their relays, and complete";
  // Everything waits for a processor as long as the flood lasts.
  test(promise, { timeout: 150_000 }, async () => {
    const site = await Site.create();
    const relays = await site.startTwoRelays();
    const [flooded] = relays;
    const flooder = await createTestUser("flood");
    const flood = await startUserFlood(`${flooded?.runDir}/mlrun.sock`, flooder.uid);
    await flooded?.gate.waitFor(/has 1000 connections/);
    const holds = async (figure: RegExp) => figure.test(await site.metrics());
    await poll("flooding lines in quarantine", () => holds(/^ml_store_quarantined_lines_total [1-9]/m));
    const job = ["--job", "mine", "--quiet", "--", "seq", String(LINES)];
    for (let i = 0; i < COMMANDS; i += 1) {
      for (const relay of relays) expect(await site.mlrun(relay, job)).toMatchObject({ code: 0, stderr: "" });
    }
    expect(flood.output()).toBe("attacking\n");
    await flood.end();
    const api = await site.api();
    const mine = await poll(
      "all commands of the other user to be complete",
      async () => {
        const executions = await api.executions("job=mine");
        return executions.filter(({ delivery }) => delivery === "complete").length === 2 * COMMANDS && executions;
      },
      60_000,
    );
    expect(mine.map(({ lines, missing, state }) => ({ lines, missing, state }))).toEqual(
      mine.map(() => ({ lines: LINES, missing: [], state: "finished" })),
    );
    expect(await site.metrics()).not.toMatch(/^ml_relp_refused_sessions_total\{.*\} [1-9]/m);
  });
});
