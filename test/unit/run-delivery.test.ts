import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Delivery, type Spool } from "../../src/run/delivery/delivery.ts";
import { RUN_LIMITS } from "../../src/run/limits.ts";
import { afterwards } from "../support/cleanup.ts";
import { fakeRelay } from "../support/fake-relay.ts";
import { poll } from "../support/poll.ts";
import { tempFolder } from "../support/temp-folder.ts";

const frame = (text: string) => Buffer.from(`${text.length} ${text}`);
const END = frame("end");

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

/** A delivery to `lines.sock` in a new folder. `announce` is what logger would say each time. */
async function deliver(announce: () => Promise<boolean> = async () => true) {
  const path = join(await tempFolder(), "lines.sock");
  const spool = new MemorySpool();
  const seen: string[] = [];
  let announcements = 0;
  const delivery = new Delivery({
    path,
    announce: () => {
      announcements += 1;
      return announce();
    },
    spool,
    elapsedMs: () => performance.now(),
    onLive: () => seen.push("live"),
    onSpooling: (reason) => seen.push(reason),
  });
  let finished: Promise<void> | undefined;
  const finish = () => {
    finished ??= delivery.finish(() => END);
    return finished;
  };
  afterwards(finish);
  return {
    path,
    spool,
    seen,
    delivery,
    finish,
    announcements: () => announcements,
    send(text: string) {
      const block = delivery.reserve();
      if (block === undefined) throw new Error("No room");
      block.end += frame(text).copy(block.bytes, block.end);
      delivery.flush();
    },
  };
}

describe("a relay that is there", () => {
  test("gets everything in order, END last, and confirms it", async () => {
    const { path, delivery, finish, send, seen, spool, announcements } = await deliver();
    const relay = await fakeRelay(path);
    delivery.start();
    send("one");
    send("two");
    await finish();
    expect(relay.received.map(String)).toEqual(["3 one3 two3 end"]);
    expect({ seen, spooled: spool.frames, announced: announcements() }).toEqual({
      seen: ["live"],
      spooled: "",
      announced: 1,
    });
  });

  test("gets lines only when BEGIN is out", async () => {
    let taken: (value: boolean) => void = () => {};
    const { path, delivery, finish, send } = await deliver(() => new Promise((resolve) => (taken = resolve)));
    const relay = await fakeRelay(path);
    delivery.start();
    send("one");
    await poll("a connection", () => relay.sockets.length === 1);
    expect(relay.received.map(String)).toEqual([""]);
    taken(true);
    await finish();
    expect(relay.received.map(String)).toEqual(["3 one3 end"]);
  });

  test("that breaks gets the last frames again, and BEGIN too", async () => {
    const { path, delivery, finish, send, spool, announcements } = await deliver();
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
    expect({ spooled: spool.frames, announced: announcements() }).toEqual({ spooled: "", announced: 2 });
  });

  test("that breaks at the end gets everything again once", async () => {
    const { path, delivery, finish, send, spool, seen } = await deliver();
    // Killed with frames that it has not read: that is no EOF.
    const relay = await fakeRelay(path, { hangs: (connection) => connection === 0 });
    delivery.start();
    send("one");
    const finished = finish();
    await poll("a relay", () => seen.includes("live"));
    relay.sockets[0]?.destroy();
    await finished;
    expect(relay.received.map(String)).toEqual(["", "3 one3 end"]);
    expect(spool.frames).toBe("");
  });

  test("that accepts and closes again and again is given up like one that is not there", async () => {
    const { path, delivery, send, spool, seen } = await deliver();
    const relay = await fakeRelay(path, { hangs: () => true });
    relay.onConnection((socket) => socket.destroy());
    delivery.start();
    send("one");
    await poll("the spool", () => spool.frames.includes("3 one"));
    expect(relay.sockets.length).toBeGreaterThan(3);
    expect(seen.at(-1)).toMatch(/^E/);
  });

  test("and takes no BEGIN gets the lines, and all is spooled with a BEGIN that will come", async () => {
    const { path, delivery, finish, send, spool } = await deliver(async () => false);
    const relay = await fakeRelay(path);
    delivery.start();
    send("one");
    await finish();
    expect(relay.received.map(String)).toEqual(["3 one3 end"]);
    expect(spool).toMatchObject({ frames: "3 one3 end", sealed: 1 });
  });
});

describe("a relay that is not there", () => {
  test("is not waited for when the command has ended", async () => {
    const { delivery, finish, send, spool, seen } = await deliver();
    delivery.start();
    send("one");
    await finish();
    expect(seen).toEqual(["ENOENT"]);
    expect(spool).toMatchObject({ frames: "3 one3 end", sealed: 1 });
  });

  test("is waited for 2 s while the command runs, with 2 MiB of room; then the spool has everything", async () => {
    const { delivery, spool, seen } = await deliver();
    delivery.start();
    let bytes = 0;
    for (let block = delivery.reserve(); block !== undefined; block = delivery.reserve()) {
      bytes += block.bytes.length;
      block.end = block.bytes.length;
    }
    expect(bytes).toBe(RUN_LIMITS.maxBlocks * RUN_LIMITS.blockBytes);
    await poll("the spool", () => spool.frames.length === bytes);
    expect(seen).toEqual(["ENOENT"]);
    expect(delivery.reserve()).toBeDefined();
  });

  test("and comes back later gets what is printed then, and the spool is closed for a flush", async () => {
    const { path, delivery, finish, send, spool, seen } = await deliver();
    delivery.start();
    send("one");
    await poll("the spool", () => spool.frames === "3 one");
    const relay = await fakeRelay(path);
    await poll("a relay", () => seen.includes("live"));
    expect(spool.sealed).toBe(1);
    send("two");
    await finish();
    expect(relay.received.map(String)).toEqual(["3 two3 end"]);
    expect(spool.frames).toBe("3 one");
  });
});

describe("a relay that hangs", () => {
  test("is given up for the spool after 2 s, with everything that it may not have read", async () => {
    const { path, delivery, spool, seen } = await deliver();
    await fakeRelay(path, { hangs: () => true });
    delivery.start();
    await poll("a relay", () => seen.includes("live"));
    let bytes = 0;
    for (let block = delivery.reserve(); block !== undefined; block = delivery.reserve()) {
      bytes += block.bytes.length;
      block.end = block.bytes.length;
      delivery.flush();
    }
    await poll("the spool", () => spool.frames.length > 0);
    expect(spool.frames.length).toBe(bytes);
    expect(seen).toEqual(["live", "it takes nothing"]);
  });

  test("does not hold the end for more than 5 s", async () => {
    const { path, delivery, finish, send, spool, seen } = await deliver();
    await fakeRelay(path, { confirms: false });
    delivery.start();
    send("one");
    await finish();
    expect(seen).toEqual(["live", "it does not confirm"]);
    expect(spool).toMatchObject({ frames: "3 one3 end", sealed: 1 });
  });
});
