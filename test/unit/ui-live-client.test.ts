import { describe, expect, test } from "vitest";
import type { ClientMessage } from "../../src/wire/live.ts";
import { parseClientMessage } from "../../src/wire/live.ts";
import { BACK_OFF } from "../../ui/src/back-off.ts";
import type { LiveHandlers, LiveStatus, Subscriber } from "../../ui/src/live-client.ts";
import { LiveClient } from "../../ui/src/live-client.ts";
import { GATHER_MS, MANY_A_SECOND } from "../../ui/src/message-queue.ts";
import { CHECK_EVERY_MS } from "../../ui/src/silence-watch.ts";

interface Connection extends LiveHandlers {
  readonly sent: ClientMessage[];
  isClosed: boolean;
}

/** A client with its sockets and timers in the test's hands. */
function setUp(random = 1) {
  const connections: Connection[] = [];
  const timers: { ms: number; call: () => void; isCancelled: boolean }[] = [];
  const statuses: LiveStatus[] = [];
  const clock = { nowMs: 0 };
  let refusals = 0;
  const client = new LiveClient({
    open: (handlers) => {
      const connection: Connection = { ...handlers, sent: [], isClosed: false };
      connections.push(connection);
      return {
        send: (data) => {
          const message = parseClientMessage(String(data));
          if (message !== undefined) connection.sent.push(message);
        },
        close: () => {
          connection.isClosed = true;
        },
      };
    },
    wallMs: () => clock.nowMs,
    after: (ms, call) => {
      // Of silence: ui-silence.test.ts.
      if (ms === CHECK_EVERY_MS) return () => undefined;
      const timer = { ms, call, isCancelled: false };
      timers.push(timer);
      return () => {
        timer.isCancelled = true;
      };
    },
    random: () => random,
    onStatus: (status) => statuses.push(status),
    onRefusedAtOpen: () => {
      refusals += 1;
    },
  });
  const latest = (): Connection => {
    const connection = connections.at(-1);
    if (connection === undefined) throw new Error("no connection");
    return connection;
  };
  return { client, clock, connections, timers, statuses, latest, refusals: () => refusals };
}

function subscriberOf(changes: Partial<Subscriber> = {}): Subscriber {
  return {
    what: () => ({ all: true }),
    from: () => ({ from: "end", lines: false }),
    onExecution: () => undefined,
    onLive: () => undefined,
    ...changes,
  };
}

describe("the live client", () => {
  test("says at sign-out that subscriptions are over, to those that outlive a page", () => {
    const { client } = setUp();
    const told: string[] = [];
    client.subscribe(subscriberOf({ onSignedOut: () => told.push("over") }));
    client.subscribe(subscriberOf());
    client.close();
    client.close();
    expect(told).toEqual(["over"]);
  });

  test("connects for the first subscriber, and subscribes once open", () => {
    const { client, latest, statuses } = setUp();
    client.subscribe(subscriberOf());
    expect(latest().sent).toEqual([]);
    latest().onOpen();
    expect(latest().sent).toEqual([{ t: "subscribe", id: 1, what: { all: true }, from: "end", lines: false }]);
    expect(statuses).toEqual(["connecting", "connected"]);
  });

  test("resumes each subscription where it was after the connection broke", () => {
    const { client, connections, latest, timers } = setUp();
    let next = 1;
    client.subscribe(subscriberOf({ from: () => ({ from: next, lines: true }) }));
    latest().onOpen();
    next = 500;
    latest().onClose();
    timers[0]?.call();
    latest().onOpen();
    expect(connections).toHaveLength(2);
    expect(latest().sent).toMatchObject([{ t: "subscribe", from: 500 }]);
  });

  test("waits longer each time, up to a limit, and starts over after a message", () => {
    const { client, latest, timers } = setUp();
    client.subscribe(subscriberOf());
    for (let failure = 0; failure < 8; failure += 1) {
      latest().onClose();
      timers.at(-1)?.call();
    }
    const waits = timers.map(({ ms }) => ms);
    expect(waits.slice(0, 3)).toEqual([BACK_OFF.firstMs, BACK_OFF.firstMs * 2, BACK_OFF.firstMs * 4]);
    expect(waits.at(-1)).toBe(BACK_OFF.mostMs);
    latest().onOpen();
    latest().onMessage(JSON.stringify({ t: "live", id: 1 }));
    latest().onClose();
    expect(timers.at(-1)?.ms).toBe(BACK_OFF.firstMs);
  });

  test("does not reconnect in step with others", () => {
    const { client, latest, timers } = setUp(0);
    client.subscribe(subscriberOf());
    latest().onClose();
    expect(timers[0]?.ms).toBe(BACK_OFF.firstMs / 2);
  });

  test("reconnects at once on request, and only once", () => {
    const { client, connections, latest, timers } = setUp();
    client.subscribe(subscriberOf());
    latest().onClose();
    client.retryNow();
    client.retryNow();
    expect(connections).toHaveLength(2);
    expect(timers[0]?.isCancelled).toBe(true);
  });

  test("checks the session when refused before opening, not when it breaks later", () => {
    const { client, latest, timers, refusals } = setUp();
    client.subscribe(subscriberOf());
    latest().onClose();
    expect(refusals()).toBe(1);
    timers[0]?.call();
    latest().onOpen();
    latest().onClose();
    expect(refusals()).toBe(1);
  });

  test("passes messages to the subscriber they name, and lines to all", () => {
    const { client, latest } = setUp();
    const told: string[] = [];
    const listen = (name: string): Subscriber =>
      subscriberOf({
        onLive: () => told.push(`${name} live`),
        onLost: ({ from, to }) => told.push(`${name} lost ${from}-${to}`),
        onLines: ({ lines }) => told.push(`${name} ${lines.length} lines`),
      });
    client.subscribe(listen("a"));
    client.subscribe(listen("b"));
    const { onOpen, onMessage } = latest();
    onOpen();
    onMessage(JSON.stringify({ t: "live", id: 2 }));
    onMessage(JSON.stringify({ t: "lost", id: 1, x: "x", node: "n", owner: "alice", from: 3, to: 5 }));
    const header = `{"x":"01JC0000000000000000000000","node":"n1","owner":"alice","n":1,"count":1}`;
    onMessage(new TextEncoder().encode(`${header}\n2026-11-20T04:17:44.960662Z stdout F a\n`).buffer);
    onMessage("nonsense");
    expect(told).toEqual(["b live", "a lost 3-5", "a 1 lines", "b 1 lines"]);
  });

  describe("many messages a second", () => {
    const MESSAGE = JSON.stringify({ t: "lost", id: 1, x: "x", node: "n", owner: "alice", from: 1, to: 1 });
    function busy() {
      const on = setUp();
      let handled = 0;
      const onLost = (): void => {
        handled += 1;
      };
      on.client.subscribe(subscriberOf({ onLost }));
      on.latest().onOpen();
      const send = (count: number, message = MESSAGE): void => {
        for (let at = 0; at < count; at += 1) on.latest().onMessage(message);
      };
      send(MANY_A_SECOND + 1);
      const gather = (): void => {
        on.clock.nowMs += GATHER_MS;
        on.timers.at(-1)?.call();
      };
      return { ...on, send, gather, handled: () => handled };
    }

    test("are handled together, in their order, until fewer come", () => {
      const { send, gather, handled, timers } = busy();
      expect(handled()).toBe(MANY_A_SECOND + 1);
      send(10);
      expect([handled(), timers.filter(({ isCancelled }) => !isCancelled).length]).toEqual([MANY_A_SECOND + 1, 1]);
      gather();
      send(1);
      expect(handled()).toBe(MANY_A_SECOND + 11);
      gather();
      send(1);
      expect(handled()).toBe(MANY_A_SECOND + 13);
    });

    test("do not wait for a late timer, for a clock that was set back, or past their bound", () => {
      const { clock, send, handled } = busy();
      for (const byMs of [GATHER_MS, -60_000]) {
        const before = handled();
        send(10);
        clock.nowMs += byMs;
        send(1);
        expect(handled() - before).toBe(11);
      }
      send(MANY_A_SECOND + 1);
      for (const [count, message] of [
        [10_000, MESSAGE],
        [10, MESSAGE.padEnd(100_000)],
      ] as const) {
        const before = handled();
        send(count, message);
        expect(handled() - before).toBe(count);
      }
    });

    test("are handled before the connection's end, and not after the sign-out", () => {
      const one = busy();
      one.send(5);
      one.latest().onClose();
      expect(one.handled()).toBe(MANY_A_SECOND + 6);
      const other = busy();
      other.send(5);
      other.client.close();
      other.gather();
      expect(other.handled()).toBe(MANY_A_SECOND + 1);
    });
  });

  test("asks again, with growing pauses, while the collector cannot serve, and shows that", () => {
    const { client, latest, timers, statuses } = setUp();
    const wanted = { t: "subscribe", id: 1, what: { all: true }, from: "end", lines: false };
    client.subscribe(subscriberOf());
    const { onOpen, onMessage, sent } = latest();
    onOpen();
    const refuse = (): void => onMessage(JSON.stringify({ t: "refused", id: 1, code: "unavailable", message: "" }));
    refuse();
    expect(statuses.at(-1)).toBe("refused");
    timers.at(-1)?.call();
    refuse();
    client.retryNow();
    refuse();
    expect(timers.map(({ ms }) => ms)).toEqual([BACK_OFF.firstMs, BACK_OFF.firstMs * 2, BACK_OFF.firstMs * 4]);
    timers.at(-1)?.call();
    expect(sent).toEqual([wanted, wanted, wanted, wanted]);
    expect(statuses.at(-1)).toBe("refused");
    onMessage(JSON.stringify({ t: "live", id: 1 }));
    expect(statuses.at(-1)).toBe("connected");
    refuse();
    expect(timers.at(-1)?.ms).toBe(BACK_OFF.firstMs);
  });

  test("does not ask again once nobody is subscribed", () => {
    const { client, latest, timers } = setUp();
    const subscription = client.subscribe(subscriberOf());
    latest().onOpen();
    latest().onMessage(JSON.stringify({ t: "refused", id: 1, code: "unavailable", message: "" }));
    subscription.close();
    timers.at(-1)?.call();
    expect(latest().sent).toMatchObject([{ t: "subscribe" }, { t: "unsubscribe" }]);
  });

  test.each(["unavailable", "not_found"])("asks again after a reconnect for refused subscriptions: %s", (code) => {
    const { client, latest, timers } = setUp();
    client.subscribe(subscriberOf());
    latest().onOpen();
    latest().onMessage(JSON.stringify({ t: "refused", id: 1, code, message: "" }));
    latest().onClose();
    for (const { call, isCancelled } of [...timers]) if (!isCancelled) call();
    latest().onOpen();
    expect(latest().sent).toMatchObject([{ t: "subscribe", id: 1 }]);
  });

  test("leaves it to the page to say that an execution does not exist", () => {
    const { client, latest, timers, statuses } = setUp();
    client.subscribe(subscriberOf());
    latest().onOpen();
    latest().onMessage(JSON.stringify({ t: "refused", id: 1, code: "not_found", message: "" }));
    expect([timers.length, statuses.at(-1)]).toEqual([0, "connected"]);
  });

  test("subscribes under another id when a subscriber changes its target", () => {
    const { client, latest } = setUp();
    let lines = true;
    const subscription = client.subscribe(subscriberOf({ from: () => ({ from: "end", lines }) }));
    latest().onOpen();
    lines = false;
    subscription.renew();
    expect(latest().sent.slice(1)).toMatchObject([
      { t: "unsubscribe", id: 1 },
      { t: "subscribe", id: 2, lines: false },
    ]);
    subscription.close();
    expect(latest().sent.at(-1)).toEqual({ t: "unsubscribe", id: 2 });
  });

  test("stays closed after close()", () => {
    const { client, connections, latest, timers } = setUp();
    client.subscribe(subscriberOf());
    latest().onOpen();
    client.close();
    latest().onClose();
    expect([connections.length, timers.length, latest().isClosed]).toEqual([1, 0, true]);
  });
});
