import { once } from "node:events";
import type { Socket } from "node:net";
import { beforeEach, expect, test } from "vitest";
import { gateClient } from "../../support/gate-client.ts";
import { beginMessage, lineFrame, nameOf } from "../../support/gate-messages.ts";
import { type GateRelay, type GateSite, startGateRelay, startGateSite } from "../../support/gate-site.ts";
import { poll } from "../../support/poll.ts";
import { start } from "../../support/processes.ts";
import { asRoot, describeAsRoot } from "../../support/root.ts";
import { tempFolder } from "../../support/temp-folder.ts";

/** An mlrun of another user: writes what comes in base64 on each line of stdin, and prints what the gate answers. */
const SENDER = `import base64,socket,sys,threading
gate=socket.socket(socket.AF_UNIX); gate.connect(sys.argv[1])
def answers():
  while True:
    answer=gate.recv(1)
    if not answer: return
    print(answer.decode(),flush=True)
threading.Thread(target=answers,daemon=True).start()
for line in sys.stdin: gate.sendall(base64.b64decode(line))`;

/** More than a socket buffer holds, and what one frame is. */
const MANY_FRAMES = 60;
const ONE_FRAME = 1;
/** Several reads of the gate, which are 256 KiB. */
const FLOOD_FRAMES = 300;
const READ_BYTES = 262_144;

let gate: GateSite;
let relay: GateRelay;
/** From now on the relay accepts connections for lines and reads nothing from them. */
let isHanging: boolean;
/** The same for BEGIN. */
let isBeginHanging: boolean;

beforeEach(async () => {
  const folder = await tempFolder();
  isHanging = false;
  isBeginHanging = false;
  relay = await startGateRelay(folder, {
    lines: { hangs: () => isHanging },
    begin: { hangs: () => isBeginHanging },
  });
  gate = await startGateSite({ folder });
});

/** An execution with so many frames of 7 KiB. */
function frames(number: number, count: number): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, i) => lineFrame(nameOf(number), i + 1, "x".repeat(7_000))));
}

async function begun(number: number) {
  const client = gateClient(gate.socket);
  client.write(beginMessage(nameOf(number)));
  await client.begun();
  return client;
}

/** The relay's end of the next connection for lines, which is not read. */
async function hungConnection(send: () => void): Promise<Socket> {
  const { sockets } = relay.lines;
  const before = sockets.length;
  isHanging = true;
  send();
  const socket = await poll("a connection of the gate", () => sockets[before]);
  isHanging = false;
  return socket;
}

const waits = () => gate.counter('ml_gate_waits_total{for="turn"}');
const hasArrived = (number: number, count: number) => {
  const wanted = frames(number, count);
  return poll(`all of ${number}`, () => relay.lines.received.some((received) => received.equals(wanted)) || undefined);
};

test("lets one of a user's connections flood the relay at a time; small writes go first", async () => {
  const [flood, second, small] = [await begun(1), await begun(2), await begun(3)];
  const unread = await hungConnection(() => flood.write(frames(1, MANY_FRAMES)));
  const before = relay.lines.sockets.length;
  second.write(frames(2, MANY_FRAMES));
  await poll("the second to wait", async () => (await waits()) === 1);
  small.write(frames(3, ONE_FRAME));
  await hasArrived(3, ONE_FRAME);
  expect(relay.lines.sockets).toHaveLength(before + 1);
  unread.resume();
  await hasArrived(2, MANY_FRAMES);
});

test("serves small writes of eight connections of a user at a time", async () => {
  const clients = await Promise.all(Array.from({ length: 9 }, (_, i) => begun(i)));
  const unread: Socket[] = [];
  for (const [i, client] of clients.slice(0, 8).entries()) {
    unread.push(await hungConnection(() => client.write(frames(i, ONE_FRAME))));
  }
  clients[8]?.write(frames(8, ONE_FRAME));
  await poll("the ninth to wait", async () => (await waits()) === 1);
  unread[3]?.resume();
  await hasArrived(8, ONE_FRAME);
});

test("hands over everything of a client that leaves while waiting", async () => {
  const [flood, second] = [await begun(1), await begun(2)];
  const unread = await hungConnection(() => flood.write(frames(1, MANY_FRAMES)));
  second.write(frames(2, 10));
  await poll("the second to wait", async () => (await waits()) === 1);
  await new Promise<void>((resolve) => second.socket.end(() => resolve()));
  second.socket.destroy();
  unread.resume();
  await hasArrived(2, 10);
});

test("hands on once from each connection while a BEGIN waits for the relay, and continues after its answer", async () => {
  const [flood, small] = [await begun(1), await begun(2)];
  const begins = relay.begin.sockets.length;
  isBeginHanging = true;
  const waiting = gateClient(gate.socket);
  waiting.write(beginMessage(nameOf(3)));
  const round = await poll("the round of this BEGIN", () => relay.begin.sockets[begins]);
  const before = relay.lines.received.length;
  flood.write(frames(1, FLOOD_FRAMES));
  await poll("the flood to wait", async () => (await waits()) === 1);
  const handedOn = () => relay.lines.received.slice(before).reduce((sum, { length }) => sum + length, 0);
  expect(handedOn()).toBeLessThanOrEqual(READ_BYTES);
  // Others still get their turn, once.
  small.write(frames(2, ONE_FRAME));
  await hasArrived(2, ONE_FRAME);
  expect(waiting.answers()).toBe("");
  round.on("end", () => round.end()).resume();
  await waiting.begun();
  await hasArrived(1, FLOOD_FRAMES);
});

test("takes lines that came with BEGIN in turn as well", async () => {
  const flood = await begun(1);
  const unread: Socket[] = [];
  for (let i = 0; i < 8; i += 1) {
    const client = await begun(10 + i);
    unread.push(await hungConnection(() => client.write(frames(10 + i, ONE_FRAME))));
  }
  const late = gateClient(gate.socket);
  late.write(beginMessage(nameOf(2)), frames(2, ONE_FRAME));
  await late.begun();
  await poll("its line to wait", async () => (await waits()) === 1);
  late.finish();
  unread[0]?.resume();
  await hasArrived(2, ONE_FRAME);
  expect(await late.ended).toBe("KT");
  flood.finish();
});

describeAsRoot("between users", () => {
  const FIRST_UID = 61_000;

  /** An mlrun with an execution of that number; it has begun. */
  async function userBegun(number: number, user = number) {
    const uid = String(FIRST_UID + user);
    const identity = ["setpriv", `--reuid=${uid}`, `--regid=${uid}`, "--clear-groups", "--"] as const;
    // The first python3 in our PATH may be ours alone.
    const sender = ["env", "PATH=/usr/bin:/bin", "python3", "-c", SENDER, gate.socket];
    const [command, ...args] = asRoot(...identity, ...sender);
    const running = start(command, args);
    const write = (bytes: Buffer) => void running.stdin?.write(`${bytes.toString("base64")}\n`);
    write(beginMessage(nameOf(number)));
    await running.waitFor(/^K$/m);
    return { write, running };
  }

  test("lets two users flood the relay at a time, and the third once one was read", async () => {
    const users = await Promise.all([1, 2, 3].map((number) => userBegun(number)));
    const unread: Socket[] = [];
    for (const [i, user] of users.slice(0, 2).entries()) {
      unread.push(await hungConnection(() => user.write(frames(i + 1, MANY_FRAMES))));
    }
    users[2]?.write(frames(3, MANY_FRAMES));
    await poll("the third to wait", async () => (await waits()) === 1);
    const fourth = await userBegun(4);
    fourth.write(frames(4, ONE_FRAME));
    await hasArrived(4, ONE_FRAME);
    unread[1]?.resume();
    await hasArrived(3, MANY_FRAMES);
  });

  test("serves first who was passed over: a user with several floods does not keep another out", async () => {
    const [first, second, third] = await Promise.all([1, 2, 3].map((number) => userBegun(number)));
    const more = await Promise.all([4, 5].map((number) => userBegun(number, 1)));
    const unread: Socket[] = [];
    for (const [number, user] of [first, second].entries()) {
      unread.push(await hungConnection(() => user?.write(frames(number + 1, MANY_FRAMES))));
    }
    for (const [i, user] of more.entries()) {
      user.write(frames(4 + i, MANY_FRAMES));
      await poll("one more to wait", async () => (await waits()) === i + 1);
    }
    third?.write(frames(3, MANY_FRAMES));
    await poll("the third to wait", async () => (await waits()) === 3);
    const next = await hungConnection(() => unread[0]?.resume());
    const last = await hungConnection(() => next.resume());
    const [bytes] = await once(last.resume(), "data");
    expect(String(bytes)).toContain(`x="${nameOf(3).x}"`);
  });

  test("gives each user a share of their own, by the uid in BEGIN", async () => {
    const folder = await tempFolder();
    relay = await startGateRelay(folder);
    gate = await startGateSite({ folder, arguments: ["--connections-per-user", "1"] });
    await Promise.all([1, 2].map((number) => userBegun(number)));
    const sent = relay.begin.received.join("");
    for (const number of [1, 2]) {
      const uid = FIRST_UID + number;
      expect(sent).toMatch(new RegExp(`<134>1 - - ${uid} \\d+ ${uid} - \\{"v":1,"x":"${nameOf(number).x}"`));
    }
  });
});
