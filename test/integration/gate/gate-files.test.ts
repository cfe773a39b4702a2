import { readdir } from "node:fs/promises";
import { expect, test } from "vitest";
import { gateClient } from "../../support/gate-client.ts";
import { beginMessage, lineFrame, NAME } from "../../support/gate-messages.ts";
import { startGateRelay, startGateSite } from "../../support/gate-site.ts";
import { poll } from "../../support/poll.ts";
import { start } from "../../support/processes.ts";
import { ROOT } from "../../support/programs.ts";
import { tempFolder } from "../../support/temp-folder.ts";

// Linux 6.16 and later can be asked to refuse this (SO_PASSRIGHTS); before that, the reader of a socket gets the files.
test.each(["read", "oob", "unread"])(
  "a file whose close waits, passed to the gate (%s), holds up nobody",
  async (where) => {
    const folder = await tempFolder();
    await startGateRelay(folder);
    const gate = await startGateSite({ folder });
    const openFiles = async () => (await readdir(`/proc/${gate.process.pid}/fd`)).length;
    const before = await openFiles();
    const words = ["test/fixtures/programs/pass_files.py", gate.socket, String(gate.process.pid), where];
    const attacker = start("python3", words, { cwd: ROOT });
    await attacker.waitFor(/passed/);
    const client = gateClient(gate.socket);
    client.write(beginMessage(NAME), lineFrame(NAME, 1));
    client.finish();
    expect(await client.ended).toBe("KT");
    expect(await gate.counter('ml_gate_connections_ended_total{reason="begin"}')).toBe(1);
    // One more than before: the connection to the relay that proves (proof.h).
    await poll("the file to be gone", async () => (await openFiles()) <= before + 1);
  },
);
