import { join } from "node:path";
import { expect, test } from "vitest";
import { freePort } from "../../support/free-port.ts";
import { gateClient, NO_PLACE } from "../../support/gate-client.ts";
import { beginMessage, lineFrame, nameOf } from "../../support/gate-messages.ts";
import { startRelay } from "../../support/relay.ts";
import { describeAsRoot } from "../../support/root.ts";
import { startRsyslogd } from "../../support/rsyslogd.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { startUserFlood } from "../../support/user-flood.ts";

const ATTACKER_UID = 61_001;
const EXECUTIONS = 20;

async function askAsMlrun(socket: string, number: number): Promise<string> {
  for (;;) {
    const client = gateClient(socket);
    client.write(beginMessage(nameOf(number)), lineFrame(nameOf(number), 1));
    client.finish();
    const answers = await client.ended;
    if (answers !== NO_PLACE) return answers;
  }
}

describeAsRoot("a user who floods his node", () => {
  test("with lines, BEGINs, connections and half frames at once refuses nobody else, and loses no line", async () => {
    const [folder, collectorPort] = [await tempFolder(), await freePort()];
    const config = `module(load="imrelp")
      input(type="imrelp" port="${collectorPort}")
      action(type="omfile" file="/dev/null")`;
    await startRsyslogd({ folder, config, ports: [collectorPort] });
    const relay = await startRelay({ collectorPort });
    const socket = join(relay.runDir, "mlrun.sock");
    const attack = await startUserFlood(socket, ATTACKER_UID);
    // The limit is reached: from here on everything happens at once.
    await relay.gate.waitFor(/<4>gate: uid 61001 has 1000 connections/);
    const answers: string[] = [];
    for (let number = 1; number <= EXECUTIONS; number += 1) {
      answers.push(await askAsMlrun(socket, number));
    }
    expect(answers).toEqual(answers.map(() => "KT"));
    expect(attack.output()).toBe("attacking\n");
  });
});
