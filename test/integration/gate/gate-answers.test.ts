import { beforeEach, describe, expect, test } from "vitest";
import { gateClient } from "../../support/gate-client.ts";
import { beginMessage, beginText, counted, lineFrame, NAME, nameOf } from "../../support/gate-messages.ts";
import { type GateRelay, type GateSite, startGateRelay, startGateSite } from "../../support/gate-site.ts";
import { tempFolder } from "../../support/temp-folder.ts";

let relay: GateRelay;
let gate: GateSite;
beforeEach(async () => {
  const folder = await tempFolder();
  relay = await startGateRelay(folder);
  gate = await startGateSite({ folder });
});

test("passes BEGIN to the relay with the kernel's view of the sender", async () => {
  const client = gateClient(gate.socket);
  client.write(beginMessage(NAME));
  await client.begun();
  const [uid, gid] = [process.getuid?.(), process.getgid?.()];
  const message = `<134>1 - - ${uid} ${process.pid} ${gid} - ${beginText(NAME)}`;
  expect(relay.begin.received.map(String)).toEqual([counted(message).toString()]);
});

test("passes frames to the relay unchanged, including those sent with BEGIN", async () => {
  const frames = [1, 2, 3].map((n) => lineFrame(NAME, n));
  const client = gateClient(gate.socket);
  client.write(beginMessage(NAME), ...frames.slice(0, 2));
  await client.begun();
  client.write(...frames.slice(2));
  client.finish();
  expect(await client.ended).toBe("KT");
  expect(relay.lines.received.map(String)).toContain(Buffer.concat(frames).toString());
});

test("an execution without lines gets T as well", async () => {
  const client = gateClient(gate.socket);
  client.write(beginMessage(NAME));
  client.finish();
  expect(await client.ended).toBe("KT");
});

test("behaves the same octet by octet", async () => {
  const client = gateClient(gate.socket);
  for (const octet of Buffer.concat([beginMessage(NAME), lineFrame(NAME, 1), lineFrame(NAME, 2)])) {
    client.write(Buffer.of(octet));
    await new Promise((resolve) => setImmediate(resolve));
  }
  client.finish();
  expect(await client.ended).toBe("KT");
  expect(relay.lines.received.map(String)).toContain(`${lineFrame(NAME, 1)}${lineFrame(NAME, 2)}`);
});

describe("what ends a connection without T", () => {
  const frame = lineFrame(NAME, 1);
  test.each([
    ["a frame of another execution", [beginMessage(NAME), lineFrame(nameOf(1), 1)], "K"],
    ["a frame with another key", [beginMessage(NAME), lineFrame({ ...NAME, k: nameOf(1).k }, 1)], "K"],
    ["half a frame", [beginMessage(NAME), frame.subarray(0, -1)], "K"],
    ["something other than a frame", [beginMessage(NAME), "hello\n"], "K"],
    ["an envelope", [beginMessage(NAME), counted(`<134>1 - - 0 1 0 - ${beginText(NAME)}`)], "K"],
    ["a second BEGIN", [beginMessage(NAME), beginMessage(NAME)], "K"],
    ["a frame and no BEGIN", [frame], ""],
    ["half a BEGIN", [beginMessage(NAME).subarray(0, -1)], ""],
    ["a line feed in the JSON", [beginMessage(NAME, beginText(NAME).replace(",", ",\n"))], ""],
    ["the JSON of another execution", [beginMessage(NAME, beginText(nameOf(1)))], ""],
  ])("%s", async (_, parts, answers) => {
    const client = gateClient(gate.socket);
    client.write(...parts);
    client.finish();
    // Unread bytes may make the kernel reset the connection.
    expect((await client.ended).replace(" reset", "")).toBe(answers);
    // Nothing was passed on: lines.sock saw only the idle connections.
    for (const received of relay.lines.received) expect(received.toString()).toMatch(/^1?$/);
    expect(relay.begin.received.length).toBe(answers.length);
  });
});
