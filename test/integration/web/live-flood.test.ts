import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { afterwards } from "../../support/cleanup.ts";
import { begun, rawViewer, watcher, X } from "../../support/live-viewer.ts";
import { poll } from "../../support/poll.ts";
import type { startWeb } from "../../support/web.ts";

type Web = Awaited<ReturnType<typeof startWeb>>;

describe("a viewer who sends without end", () => {
  /** Each lookup takes longer than a turn may. Returns the most lookups made in one turn of the event loop. */
  function countLookUps(web: Web) {
    const counted = { turn: 0, all: 0, most: 0 };
    let isDone = false;
    const nextTurn = () => {
      counted.most = Math.max(counted.most, counted.turn);
      counted.turn = 0;
      if (!isDone) setImmediate(nextTurn);
    };
    nextTurn();
    afterwards(() => {
      isDone = true;
    });
    const { archive } = web;
    for (const name of ["get", "list"] as const) {
      const answer = archive[name].bind(archive);
      Object.assign(archive, {
        [name]: (...args: Parameters<typeof answer>) => {
          counted.turn += 1;
          counted.all += 1;
          const untilMs = performance.now() + 6;
          while (performance.now() < untilMs);
          return Reflect.apply(answer, archive, args);
        },
      });
    }
    return counted;
  }

  test.each([
    ["an execution", { x: X }],
    ["a job", { job: "train" }],
  ])("is handled one message a turn, so that others get their turns: %s", async (_, what) => {
    const { web, alice } = await begun();
    const viewer = await watcher(web, alice);
    const counted = countLookUps(web);
    for (let id = 1; id <= 60; id += 1) {
      viewer.subscribe({ id, what });
      viewer.unsubscribe(id);
    }
    viewer.subscribe({ id: 1_000, what });
    await poll("the last one is live", () => viewer.texts.find((text) => text.t === "live" && text.id === 1_000));
    expect(counted.all).toBeGreaterThan(60);
    expect(counted.most).toBe(1);
  });

  test("gets no pongs that pile up while it does not read", async () => {
    const { web, alice } = await begun();
    const socket = await rawViewer(web, alice);
    socket.removeAllListeners("data").pause();
    const payloadBytes = 125;
    const ping = Buffer.alloc(6 + payloadBytes);
    ping.set([0x89, 0x80 | payloadBytes]);
    const flood = Buffer.concat(Array.from({ length: 1_000 }, () => ping));
    // More than the kernels of both sides hold.
    const pings = 100_000;
    for (let sent = 0; sent < pings; sent += 1_000) {
      if (!socket.write(flood)) await once(socket, "drain");
    }
    let octets = 0;
    socket.on("data", (data) => {
      octets += data.length;
    });
    socket.resume();
    // A malformed message closes the connection when all pings before it have been handled.
    socket.write(Buffer.from([0x81, 0x80, 0, 0, 0, 0]));
    await once(socket, "close");
    expect(octets).toBeGreaterThan(0);
    expect(octets).toBeLessThan(pings * (2 + payloadBytes));
  });
});
