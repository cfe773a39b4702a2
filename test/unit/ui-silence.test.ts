import { describe, expect, test } from "vitest";
import type { LiveHandlers, LiveStatus } from "../../ui/src/live-client.ts";
import { LiveClient } from "../../ui/src/live-client.ts";
import { FakeClock } from "../support/fake-clock.ts";

const BEAT = JSON.stringify({ t: "beat" });

/** A client with one subscriber, connected, whose sockets say only what the test says. */
function connected() {
  const clock = new FakeClock();
  const sockets: (LiveHandlers & { isClosed: boolean })[] = [];
  const statuses: LiveStatus[] = [];
  let sleptMs = 0;
  let lives = 0;
  const client = new LiveClient({
    open: (handlers) => {
      const socket = { ...handlers, isClosed: false };
      sockets.push(socket);
      const close = (): void => {
        // A dead connection tells nobody of it.
        socket.isClosed = true;
      };
      return { send: () => undefined, close };
    },
    after: (ms, call) => clock.after(ms, call),
    wallMs: () => clock.elapsedMs() + sleptMs,
    random: () => 1,
    onStatus: (status) => statuses.push(status),
    onRefusedAtOpen: () => undefined,
  });
  client.subscribe({
    what: () => ({ all: true }),
    from: () => ({ from: "end", lines: false }),
    onExecution: () => undefined,
    onLive: () => {
      lives += 1;
    },
  });
  const hear = (text: string, socket = sockets.at(-1)): void => socket?.onMessage(text);
  sockets[0]?.onOpen();
  hear(BEAT);
  const sleep = (ms: number): void => {
    sleptMs += ms;
  };
  return { client, clock, sockets, statuses, hear, sleep, lives: () => lives };
}

describe("a connection that says nothing", () => {
  test("is left after 25 s for another one, without waiting for its close", () => {
    const { client, clock, sockets, statuses } = connected();
    clock.advance(24_999);
    expect([sockets.length, statuses.at(-1)]).toEqual([1, "connected"]);
    clock.advance(1);
    expect([sockets.length, sockets[0]?.isClosed, statuses.at(-1)]).toEqual([2, true, "connecting"]);
    expect(client.silentMs).toBe(25_000);
  });

  test("is kept as long as beats come, and lines or states count as well", () => {
    const { clock, sockets, hear } = connected();
    for (let beats = 0; beats < 20; beats += 1) {
      clock.advance(20_000);
      hear(beats % 2 === 0 ? BEAT : "anything");
    }
    expect(sockets).toHaveLength(1);
  });

  test("is tried again and again while a proxy swallows, and the silence is counted as one", () => {
    const { client, clock, sockets, statuses } = connected();
    clock.advance(120_000);
    // Each attempt has 25 s as well: the swallowing proxy accepts it and never answers.
    expect(sockets.length).toBeGreaterThanOrEqual(5);
    expect(client.silentMs).toBe(120_000);
    expect(statuses.at(-1)).toBe("connecting");
    sockets.at(-1)?.onOpen();
    sockets.at(-1)?.onMessage(BEAT);
    expect([client.silentMs, statuses.at(-1)]).toEqual([0, "connected"]);
  });

  test("says nothing more once it was left: a late close or message changes nothing", () => {
    const { clock, sockets, statuses, hear, lives } = connected();
    clock.advance(25_000);
    sockets[1]?.onOpen();
    hear(JSON.stringify({ t: "live", id: 1 }), sockets[0]);
    sockets[0]?.onClose();
    expect([lives(), sockets.length, statuses.at(-1)]).toEqual([0, 2, "connected"]);
  });

  test("is noticed within 5 s of waking, and at once when the network or the page comes back", () => {
    const asleep = connected();
    asleep.sleep(3_600_000);
    asleep.clock.advance(5_000);
    expect(asleep.sockets).toHaveLength(2);
    const back = connected();
    back.sleep(15_000);
    back.client.wake();
    expect(back.sockets).toHaveLength(2);
  });

  test("is not doubted while beats are on time, nor by a clock that was set back", () => {
    const { client, clock, sockets, sleep, hear } = connected();
    clock.advance(8_000);
    client.wake();
    sleep(-3_600_000);
    hear(BEAT);
    clock.advance(24_999);
    expect(sockets).toHaveLength(1);
    clock.advance(5_000);
    expect(sockets).toHaveLength(2);
  });

  test("ends its watch with the connection", () => {
    const { client, clock } = connected();
    client.close();
    expect(clock.pending).toBe(0);
  });
});
