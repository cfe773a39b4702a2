import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Delivery, type DeliveryClock, type Spool } from "../../src/run/delivery/delivery.ts";
import { greeting } from "../../src/run/delivery/gate-protocol.ts";
import { sendBufferBytes, sentBlocks } from "../../src/run/delivery/send-buffer.ts";
import { RUN_LIMITS } from "../../src/run/limits.ts";
import { TIMERS } from "../../src/run/timers.ts";
import { afterwards } from "../support/cleanup.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { fakeRelay } from "../support/fake-relay.ts";
import { poll } from "../support/poll.ts";
import { start } from "../support/processes.ts";
import { tempFolder } from "../support/temp-folder.ts";

const frame = (text: string) => Buffer.from(`${text.length} ${text}`);
const END = frame("end");
const BEGIN = '{"v":1,"argv":["größer"]}';
const SENT_BLOCKS = 20;
/** Listens, accepts nothing, and has no room for one more. */
const FULL_QUEUE = `import socket,sys
gate,first=socket.socket(socket.AF_UNIX),socket.socket(socket.AF_UNIX)
gate.bind(sys.argv[1]); gate.listen(0); first.connect(sys.argv[1]); print("full",flush=True); sys.stdin.read()`;
/** Timers of a delivery that was just refused. */
const WATCH_AND_RETRY = 2;

class MemorySpool implements Spool {
  frames = "";
  sealed = 0;
  append(frames: Buffer): void {
    this.frames += frames.toString("latin1");
  }
  seal(): void {
    this.sealed += 1;
  }
}

const REAL_CLOCK: DeliveryClock = { elapsedMs: () => performance.now(), after: TIMERS.after };

/** A delivery to a gate in a new folder. */
async function deliver(clock: DeliveryClock | FakeClock = REAL_CLOCK) {
  const path = join(await tempFolder(), "mlrun.sock");
  const spool = new MemorySpool();
  const seen: string[] = [];
  const delivery = new Delivery({
    path,
    greeting: greeting({ x: "0".repeat(26), k: "k".repeat(22), json: BEGIN }),
    sentBlocks: SENT_BLOCKS,
    spool,
    clock,
    onLive: () => seen.push("live"),
    onSpooling: (reason) => seen.push(reason),
  });
  let finished: Promise<void> | undefined;
  const finish = () => {
    finished ??= delivery.finish(() => END);
    return finished;
  };
  afterwards(async () => {
    let isOver = false;
    const over = finish().then(() => {
      isOver = true;
    });
    if (clock instanceof FakeClock) {
      await poll("the end", () => {
        clock.advance(RUN_LIMITS.takeOverMs);
        return isOver;
      });
    }
    await over;
  });
  return {
    path,
    spool,
    seen,
    delivery,
    finish,
    send(text: string) {
      const block = delivery.reserve();
      if (block === undefined) throw new Error("No room");
      block.end += frame(text).copy(block.bytes, block.end);
      delivery.flush();
    },
  };
}

describe("a relay that is there", () => {
  test("receives everything in order, END last, and confirms it", async () => {
    const { path, delivery, finish, send, seen, spool } = await deliver();
    const relay = await fakeRelay(path);
    delivery.start();
    send("one");
    send("two");
    await finish();
    expect(relay.received.map(String)).toEqual(["3 one3 two3 end"]);
    expect({ seen, spooled: spool.frames, begins: relay.begins }).toEqual({
      seen: ["live"],
      spooled: "",
      begins: [BEGIN],
    });
  });

  test("receives lines only once its journal has BEGIN", async () => {
    let taken: () => void = () => {};
    const { path, delivery, finish, send } = await deliver();
    const relay = await fakeRelay(path, { onBegin: () => new Promise((resolve) => (taken = resolve)) });
    delivery.start();
    send("one");
    await poll("a BEGIN", () => relay.begins.length === 1);
    expect(relay.received.map(String)).toEqual([""]);
    taken();
    await finish();
    expect(relay.received.map(String)).toEqual(["3 one3 end"]);
  });

  test("that breaks receives BEGIN and the last frames again", async () => {
    const { path, delivery, finish, send, spool } = await deliver();
    const first = await fakeRelay(path);
    delivery.start();
    send("one");
    await poll("the first frame", () => String(first.received[0]) === "3 one");
    await first.close();
    send("two");
    const second = await fakeRelay(path);
    await poll("both frames", () => String(second.received[0]) === "3 one3 two");
    await finish();
    expect(String(second.received[0])).toBe("3 one3 two3 end");
    expect({ spooled: spool.frames, begins: second.begins }).toEqual({ spooled: "", begins: [BEGIN] });
  });

  test("that breaks at the end receives everything once more", async () => {
    const { path, delivery, finish, send, spool, seen } = await deliver();
    // Killed with unread frames: the socket gives an error, not EOF.
    const relay = await fakeRelay(path, { reads: (connection) => (connection === 0 ? "BEGIN" : "all") });
    delivery.start();
    send("one");
    const finished = finish();
    await poll("a relay", () => seen.includes("live"));
    relay.sockets[0]?.destroy();
    await finished;
    expect(relay.received.map(String)).toEqual(["", "3 one3 end"]);
    expect(spool.frames).toBe("");
  });

  test("that accepts and closes again and again is given up after 2 s, like one that is not there", async () => {
    const clock = new FakeClock();
    const { path, delivery, send, spool, seen } = await deliver(clock);
    const relay = await fakeRelay(path, { reads: () => "nothing" });
    relay.onConnection((socket) => socket.destroy());
    delivery.start();
    send("one");
    while (seen.length === 0) {
      await poll("the next refusal", () => clock.pending === WATCH_AND_RETRY);
      clock.advanceToNext();
    }
    expect(clock.elapsedMs()).toBe(2_000);
    expect(spool.frames).toBe("3 one");
    expect(relay.sockets.length).toBeGreaterThan(3);
    expect(seen.at(-1)).toMatch(/^E|BEGIN$/);
  });

  test("and takes no BEGIN gets no lines: after 5 s the spool has them", async () => {
    const clock = new FakeClock();
    const { path, delivery, finish, send, spool, seen } = await deliver(clock);
    const relay = await fakeRelay(path, { onBegin: () => new Promise(() => {}) });
    delivery.start();
    send("one");
    const finished = finish();
    await poll("a BEGIN", () => relay.begins.length === 1);
    clock.advance(4_999);
    expect({ seen, spooled: spool.frames }).toEqual({ seen: [], spooled: "" });
    clock.advance(1);
    await finished;
    expect(relay.received.map(String)).toEqual([""]);
    expect(seen).toEqual(["it does not answer"]);
    expect(spool).toMatchObject({ frames: "3 one3 end", sealed: 1 });
  });

  test("and takes BEGIN late gets every line, though the command has ended", async () => {
    const clock = new FakeClock();
    let taken: () => void = () => {};
    const { path, delivery, finish, send, spool, seen } = await deliver(clock);
    const relay = await fakeRelay(path, { onBegin: () => new Promise((resolve) => (taken = resolve)) });
    delivery.start();
    send("one");
    const finished = finish();
    await poll("a BEGIN", () => relay.begins.length === 1);
    clock.advance(4_999);
    taken();
    await finished;
    expect({ received: relay.received.map(String), seen, spooled: spool.frames }).toEqual({
      received: ["3 one3 end"],
      seen: ["live"],
      spooled: "",
    });
  });

  test("whose queue of connections is full is asked every 50 ms, and awaited for 5 s", async () => {
    const clock = new FakeClock();
    const { path, delivery, send, spool, seen } = await deliver(clock);
    const full = start("python3", ["-c", FULL_QUEUE, path]);
    await full.waitFor(/full/);
    delivery.start();
    send("one");
    let attempts = 0;
    while (seen.length === 0) {
      await poll("the next refusal", () => clock.pending === WATCH_AND_RETRY);
      attempts += 1;
      clock.advance(50);
    }
    expect(clock.elapsedMs()).toBe(5_000);
    expect(attempts).toBe(100);
    expect({ seen, spooled: spool.frames }).toEqual({ seen: ["EAGAIN"], spooled: "3 one" });
  });

  test.each([
    ["a T before K", "T"],
    ["a T before the half-close", "KT"],
    ["something else", "x"],
  ])("and says what no gate says has taken over nothing: %s", async (_, answer) => {
    const { path, delivery, finish, send, spool } = await deliver();
    const relay = await fakeRelay(path, { reads: () => "nothing" });
    relay.onConnection((socket) => socket.write(answer));
    delivery.start();
    send("one");
    await poll("another attempt", () => relay.sockets.length > 1);
    await finish();
    expect(spool).toMatchObject({ frames: "3 one3 end", sealed: 1 });
  });

  /** When a process is killed, the kernel closes sockets that it has read to the end with EOF. */
  test("that is killed after it had read everything has taken over nothing", async () => {
    const { path, delivery, finish, send, spool } = await deliver();
    const script = `require("node:net").createServer({ allowHalfOpen: true }, (socket) => {
      socket.on("error", () => {}).once("data", () => socket.write("K")).on("end", () => console.log("read"));
    }).listen(${JSON.stringify(path)}, () => console.log("listens"))`;
    const relay = start(process.execPath, ["-e", script]);
    await relay.waitFor(/listens/);
    delivery.start();
    send("one");
    const finished = finish();
    await relay.waitFor(/read/);
    await relay.end("SIGKILL");
    await finished;
    expect(spool).toMatchObject({ frames: "3 one3 end", sealed: 1 });
  });
});

describe("a relay that is not there", () => {
  test("is not awaited once the command has ended", async () => {
    const { delivery, finish, send, spool, seen } = await deliver();
    delivery.start();
    send("one");
    await finish();
    expect(seen).toEqual(["ENOENT"]);
    expect(spool).toMatchObject({ frames: "3 one3 end", sealed: 1 });
  });

  test("is awaited for 2 s while the command runs, with room for 1 MiB and the ring; then the spool has everything", async () => {
    const clock = new FakeClock();
    const { delivery, spool, seen } = await deliver(clock);
    delivery.start();
    let bytes = 0;
    for (let block = delivery.reserve(); block !== undefined; block = delivery.reserve()) {
      bytes += block.bytes.length;
      block.end = block.bytes.length;
    }
    expect(bytes).toBe((SENT_BLOCKS + RUN_LIMITS.unsentBlocks) * RUN_LIMITS.blockBytes);
    await poll("the first refusal", () => clock.pending === WATCH_AND_RETRY);
    clock.advance(1_999);
    expect({ seen, spooled: spool.frames.length }).toEqual({ seen: [], spooled: 0 });
    clock.advance(1);
    expect({ seen, spooled: spool.frames.length }).toEqual({ seen: ["ENOENT"], spooled: bytes });
    expect(delivery.reserve()).toBeDefined();
  });

  test("that returns later receives new output, and the spool is sealed for a flush", async () => {
    const clock = new FakeClock();
    const { path, delivery, finish, send, spool, seen } = await deliver(clock);
    delivery.start();
    send("one");
    await poll("the first refusal", () => clock.pending === WATCH_AND_RETRY);
    clock.advance(2_000);
    expect(spool.frames).toBe("3 one");
    const relay = await fakeRelay(path);
    clock.advance(1_000);
    await poll("a relay", () => seen.includes("live"));
    expect(spool.sealed).toBe(1);
    send("two");
    await finish();
    expect(relay.received.map(String)).toEqual(["3 two3 end"]);
    expect(spool.frames).toBe("3 one");
  });
});

describe("a relay that hangs", () => {
  test("is given up after 2 s, and the spool gets everything that it may not have read", async () => {
    const clock = new FakeClock();
    const { path, delivery, spool, seen } = await deliver(clock);
    await fakeRelay(path, { reads: () => "BEGIN" });
    delivery.start();
    await poll("a relay", () => seen.includes("live"));
    // The time counts from the first byte that the relay left waiting, not from the start.
    clock.advance(700);
    let bytes = 0;
    for (let block = delivery.reserve(); block !== undefined; block = delivery.reserve()) {
      bytes += block.bytes.length;
      block.end = block.bytes.length;
      delivery.flush();
    }
    clock.advance(1_999);
    expect({ seen, spooled: spool.frames.length }).toEqual({ seen: ["live"], spooled: 0 });
    clock.advance(1);
    expect({ seen, spooled: spool.frames.length }).toEqual({ seen: ["live", "it takes nothing"], spooled: bytes });
  });

  test("delays the end by at most 5 s", async () => {
    const clock = new FakeClock();
    const { path, delivery, finish, send, spool, seen } = await deliver(clock);
    const relay = await fakeRelay(path, { confirms: false });
    delivery.start();
    send("one");
    await poll("a relay", () => seen.includes("live"));
    const finished = finish();
    await poll("END", () => String(relay.received[0]) === "3 one3 end");
    clock.advance(4_999);
    expect({ seen, spooled: spool.frames }).toEqual({ seen: ["live"], spooled: "" });
    clock.advance(1);
    await finished;
    expect(seen).toEqual(["live", "it does not confirm"]);
    expect(spool).toMatchObject({ frames: "3 one3 end", sealed: 1 });
  });
});

describe("frames kept for a second sending", () => {
  test.each([
    ["the usual 208 KiB", "212992\n", 212_992],
    ["4 MiB", "4194304\n", 4_194_304],
    ["more than the limit", "99999999\n", RUN_LIMITS.maxSendBufferBytes],
    ["not a number", "x\n", RUN_LIMITS.maxSendBufferBytes],
    ["no file", undefined, RUN_LIMITS.maxSendBufferBytes],
  ])("follows the kernel's send buffer: %s", async (_, text, bytes) => {
    const path = join(await tempFolder(), "wmem_default");
    if (text !== undefined) await writeFile(path, text);
    expect(sendBufferBytes(path)).toBe(bytes);
  });

  test("exceeds what two sockets and both processes can hold, but not by much", () => {
    for (const buffer of [212_992, 4_194_304]) {
      const bytes = sentBlocks(buffer) * (RUN_LIMITS.blockBytes - 7_680);
      const onTheWay = 2 * buffer + RUN_LIMITS.gateAndRelayBytes;
      expect(bytes).toBeGreaterThan(onTheWay);
      expect(bytes).toBeLessThan(onTheWay + 262_144);
    }
  });
});
