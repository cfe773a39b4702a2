import { expect, test } from "vitest";
import { freePort } from "../../support/free-port.ts";
import { cleanEnvironment, startMlrun } from "../../support/mlrun.ts";
import { poll } from "../../support/poll.ts";
import { startRelay } from "../../support/relay.ts";
import { startRelpDump } from "../../support/relp-dump.ts";
import { tempFolder } from "../../support/temp-folder.ts";

test("sends BEGIN again, before the first line, after a relay without a journal lost it", async () => {
  const [folder, port] = [await tempFolder(), await freePort()];
  const options = { folder, collectorPort: port, journal: false };
  const relay = await startRelay(options);
  const env = cleanEnvironment({ MLRUN_RUN_DIR: relay.runDir, MLRUN_SPOOL_DIR: await tempFolder() });
  const running = startMlrun(["--quiet", "--", "sh", "-c", "read -r go; echo late"], { env });
  await poll("BEGIN to be taken", () => {
    relay.gate.signal("SIGUSR1");
    return /^ml_gate_begins_total 1$/m.test(relay.gate.output());
  });
  await relay.kill();
  const dump = await startRelpDump({ port });
  await startRelay(options);
  running.stdin?.end("go\n");
  expect(await running.ended).toEqual({ code: 0, signal: null });
  await poll("the end", () => dump.messages.some((text) => text.includes('t="end"')));
  const kinds = dump.messages.map((text) => / mlrun - (BEGIN|LINES) /.exec(text.toString())?.[1]);
  expect(kinds).toEqual(["BEGIN", "LINES", "LINES"]);
});
