import { once } from "node:events";
import type { Socket } from "node:net";
import { beforeEach, describe, expect, test } from "vitest";
import { type GateClient, gateClient } from "../../support/gate-client.ts";
import { beginMessage, lineFrame, NAME, nameOf } from "../../support/gate-messages.ts";
import { type GateRelay, type GateSite, startGateRelay, startGateSite } from "../../support/gate-site.ts";
import { poll } from "../../support/poll.ts";
import { tempFolder } from "../../support/temp-folder.ts";

/** What goes on the idle connection: an octet count that never ends. */
const PROOF = "1";
const FRAME = lineFrame(NAME, 1).toString();

let folder: string;
let relay: GateRelay;
let gate: GateSite;

/**
 * At lines.sock the relay closes only what the test tells it to.
 *
 * @param unread Of the connections to each socket, counted from 0, those that it never reads from. What a process has
 *   not read when it ends makes the kernel reset the connection.
 */
async function startBoth(unread: { readonly lines?: number; readonly begin?: number } = {}): Promise<void> {
  folder = await tempFolder();
  relay = await startGateRelay(folder, {
    lines: { confirms: false, hangs: (index) => index === unread.lines },
    begin: { hangs: (index) => index === unread.begin },
  });
  gate = await startGateSite({ folder });
}

/** The connection to lines.sock that has received this, and no other text. */
function lineSocket(text: string): Promise<Socket> {
  return poll(`a connection with ${text.slice(0, 40)}`, () => {
    return relay.lines.sockets.find((socket, i) => !socket.destroyed && String(relay.lines.received[i]) === text);
  });
}

async function asked(name = NAME): Promise<GateClient> {
  const client = gateClient(gate.socket);
  client.write(beginMessage(name));
  await lineSocket(PROOF);
  return client;
}

/** The relay proves that it lives. */
async function prove(): Promise<void> {
  const socket = await lineSocket(PROOF);
  socket.end();
  await once(socket, "close");
}

beforeEach(() => startBoth());

function counted(name: string, wanted: number): Promise<boolean> {
  return poll(`${name} ${wanted}`, async () => (await gate.counter(name)) === wanted);
}

/** BEGIN is proven, and a line and the half-close have reached the relay. */
async function handedOver(): Promise<GateClient> {
  const client = await asked();
  await prove();
  await client.begun();
  client.write(FRAME);
  client.finish();
  const socket = await lineSocket(FRAME);
  if (!socket.readableEnded) await once(socket, "end");
  return client;
}

test("K comes with the proof, not with the relay's EOF", async () => {
  const client = await asked();
  expect(client.answers()).toBe("");
  await prove();
  await client.begun();
});

test("T comes with the EOF of the lines and the proof, not before", async () => {
  const client = await handedOver();
  expect([client.answers(), await gate.counter("ml_gate_proofs_total")]).toEqual(["K", 1]);
  (await lineSocket(FRAME)).end();
  await lineSocket(PROOF);
  expect(client.answers()).toBe("K");
  await prove();
  expect(await client.ended).toBe("KT");
});

test("a departed client's proof does not count for another", async () => {
  await startBoth({ begin: 1 });
  const leaver = await asked();
  leaver.socket.destroy();
  await counted("ml_gate_connections", 0);
  const client = gateClient(gate.socket);
  client.write(beginMessage(nameOf(1)));
  await counted("ml_gate_connections", 1);
  await prove();
  await counted("ml_gate_rounds_total", 2);
  expect(await gate.counter("ml_gate_begins_total")).toBe(0);
});

describe("no K from a relay", () => {
  test("that ends before the proof", async () => {
    await startBoth({ lines: 0 });
    const client = gateClient(gate.socket);
    client.write(beginMessage(NAME));
    await counted("ml_gate_proofs_total", 1);
    relay.lines.sockets[0]?.destroy();
    expect(await client.ended).toBe("");
    expect(await gate.counter('ml_gate_connections_ended_total{reason="relay"}')).toBe(1);
  });

  test("that ends before it has read BEGIN", async () => {
    await startBoth({ begin: 0 });
    const client = gateClient(gate.socket);
    client.write(beginMessage(NAME));
    await counted("ml_gate_rounds_total", 1);
    relay.begin.sockets[0]?.destroy();
    expect(await client.ended).toBe("");
  });

  test("that closes the idle connection although nothing went over it", async () => {
    relay.begin.onConnection(() => {
      for (const socket of relay.lines.sockets) socket.destroy();
    });
    const client = gateClient(gate.socket);
    client.write(beginMessage(NAME));
    expect(await client.ended).toBe("");
  });

  test("that is not there; and from the next one K comes", async () => {
    await relay.lines.close();
    await relay.begin.close();
    const client = gateClient(gate.socket);
    client.write(beginMessage(NAME));
    expect(await client.ended).toBe("");
    relay = await startGateRelay(folder);
    const again = gateClient(gate.socket);
    again.write(beginMessage(NAME));
    await again.begun();
  });
});

describe("no T from a relay", () => {
  test("that closes the lines before their end", async () => {
    const client = await asked();
    await prove();
    client.write(FRAME);
    (await lineSocket(FRAME)).end();
    expect(await client.ended).toBe("K");
  });

  test("that closes the lines, and the idle connection with them", async () => {
    const client = await handedOver();
    const lines = await lineSocket(FRAME);
    const idle = await lineSocket("");
    idle.destroy();
    lines.end();
    expect(await client.ended).toBe("K");
  });

  test("that closes the lines and ends before the proof", async () => {
    // The second to lines.sock is the idle one when BEGIN is proven.
    await startBoth({ lines: 1 });
    const client = await handedOver();
    (await lineSocket(FRAME)).end();
    await counted("ml_gate_proofs_total", 2);
    relay.lines.sockets[1]?.destroy();
    expect(await client.ended).toBe("K");
    expect(await gate.counter('ml_gate_connections_ended_total{reason="unproven"}')).toBe(1);
  });

  test("whose successor proves that it lives", async () => {
    const client = await handedOver();
    (await lineSocket("")).destroy();
    const other = await asked(nameOf(1));
    await prove();
    await other.begun();
    (await lineSocket(FRAME)).end();
    await prove();
    expect(await client.ended).toBe("K");
  });
});

test("a gate that is killed answers with EOF", async () => {
  const client = await handedOver();
  await gate.process.end("SIGKILL");
  expect(await client.ended).toBe("K");
});

test("a stopped gate does so as well, and removes its socket", async () => {
  const client = await handedOver();
  expect(await gate.process.end("SIGTERM")).toMatchObject({ code: 0 });
  expect(await client.ended).toBe("K");
  const late = gateClient(gate.socket);
  expect(await late.ended).toBe(" reset");
});
