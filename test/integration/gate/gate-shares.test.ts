import { beforeEach, describe, expect, test } from "vitest";
import { gateClient } from "../../support/gate-client.ts";
import { beginMessage, lineFrame, NAME, nameOf } from "../../support/gate-messages.ts";
import { type GateSite, startGateRelay, startGateSite } from "../../support/gate-site.ts";
import { poll } from "../../support/poll.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const HELD_BYTES = 4 * 1_024 * 1_024;

let folder: string;
beforeEach(async () => {
  folder = await tempFolder();
  await startGateRelay(folder);
});

async function begun(gate: GateSite, number: number) {
  const client = gateClient(gate.socket);
  client.write(beginMessage(nameOf(number)));
  await client.begun();
  return client;
}

test("a user's connections above the limit are refused, until one of them ends", async () => {
  const gate = await startGateSite({ folder, arguments: ["--connections-per-user", "3"] });
  const [first] = await Promise.all([1, 2, 3].map((number) => begun(gate, number)));
  const refused = gateClient(gate.socket);
  refused.write(beginMessage(NAME));
  expect((await refused.ended).replace(" reset", "")).toBe("");
  expect(await gate.counter('ml_gate_connections_refused_total{limit="user"}')).toBe(1);
  first?.finish();
  expect(await first?.ended).toBe("KT");
  await begun(gate, 4);
  await gate.process.waitFor(/<4>gate: uid \d+ has 3 connections, its limit: more are refused\n/);
});

describe("ends a client that does not send the rest", () => {
  test.each([
    ["of a BEGIN", [beginMessage(NAME).subarray(0, -1)], ""],
    ["of a BEGIN, and has sent nothing", [], ""],
    ["of a frame", [beginMessage(NAME), lineFrame(NAME, 1).subarray(0, -1)], "K"],
    ["of a frame after a whole one", [beginMessage(NAME), lineFrame(NAME, 1), "1"], "K"],
  ])("%s", async (_, parts, answers) => {
    const gate = await startGateSite({ folder, arguments: ["--rest-within-ms", "100"] });
    const quiet = await begun(gate, 1);
    const half = gateClient(gate.socket);
    half.write(...parts);
    expect((await half.ended).replace(" reset", "")).toBe(answers);
    // Silence between frames is allowed.
    quiet.write(lineFrame(nameOf(1), 1));
    quiet.finish();
    expect(await quiet.ended).toBe("KT");
  });
});

test("stops reading a user who holds 4 MiB of half frames until some complete", async () => {
  const gate = await startGateSite({ folder, arguments: ["--rest-within-ms", "600000"] });
  const half = (number: number) => lineFrame(nameOf(number), 1, "x".repeat(7_000)).subarray(0, -1);
  const waits = () => gate.counter('ml_gate_waits_total{for="held"}');
  // The last of them reaches the limit.
  const numbers = Array.from({ length: Math.ceil(HELD_BYTES / half(0).length) }, (_, i) => i);
  const clients = await Promise.all(numbers.map((number) => begun(gate, number)));
  for (const [i, client] of clients.entries()) client.write(half(i));
  await poll("4 MiB held", async () => (await gate.counter("ml_gate_held_bytes")) >= HELD_BYTES);
  const late = gateClient(gate.socket);
  late.write(beginMessage(NAME));
  await poll("the late one to wait", async () => (await waits()) === 1);
  expect(late.answers()).toBe("");
  // A half frame may always be completed.
  const some = clients.slice(0, 10);
  for (const client of some) {
    client.write("x");
    client.finish();
  }
  expect(await Promise.all(some.map(({ ended }) => ended))).toEqual(some.map(() => "KT"));
  await late.begun();
});

test("delays a user's BEGINs above the limit, and passes all", async () => {
  // Ten at once, then one a second.
  const gate = await startGateSite({ folder, arguments: ["--begins-per-second", "1"] });
  const clients = Array.from({ length: 12 }, (_, i) => {
    const client = gateClient(gate.socket);
    client.write(beginMessage(nameOf(i)));
    client.finish();
    return client;
  });
  await poll("some to wait", async () => (await gate.counter('ml_gate_waits_total{for="begin"}')) > 0);
  expect(await Promise.all(clients.map(({ ended }) => ended))).toEqual(clients.map(() => "KT"));
  await gate.process.waitFor(/<4>gate: uid \d+ begins more than 1 executions a second: the rest wait\n/);
});
