import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { fakeExecution } from "../../support/envelopes.ts";
import { metric, openRelay, startIngestSite } from "../../support/ingest-site.ts";
import { poll } from "../../support/poll.ts";
import { openSession } from "../../support/relay-session.ts";

const MINUTE_MS = 60_000;
const never = () => new Promise<"stored">(() => {});

describe("stops reading, whatever comes, while a batch waits for a hanging store", () => {
  const execution = fakeExecution();
  test.each([
    ["beats", 16, () => execution.beat(0, 1)],
    ["frames that are discarded", 4, () => "x"],
    ["one line of each of many executions", 4, () => fakeExecution().lines(1, [""])],
    ["lines that do not continue one another", 4, (i: number) => execution.lines(2 * i + 1, [""])],
  ])("%s", async (_, mostMebibytes, frame) => {
    const { relay, socket } = await openSession({ store: never });
    let sent = 0;
    await poll("the collector to read no further", () => {
      while (relay.socket.writableLength < 1_048_576) {
        relay.command("syslog", frame(sent));
        sent += 1;
      }
      return socket.isPaused();
    });
    expect(socket.bytesRead).toBeLessThan(mostMebibytes * 1_048_576);
  });
});

describe("a session that waits for the store", () => {
  const unavailable = () => "unavailable" as const;
  test.each([
    ["stays, however long, if its relay has no other", false, 24 * 60 * MINUTE_MS],
    ["stays for as long as its relay may wait, if there is another", true, 1.5 * MINUTE_MS],
    ["is cut off once its relay has given it up and has another", true, 3 * MINUTE_MS],
  ])("%s", async (promise, isSuperseded, waitedMs) => {
    let nowMs = 0;
    const { relay, socket, connection } = await openSession({ store: unavailable }, { nowMs: () => nowMs });
    relay.command("syslog", fakeExecution().lines(1, ["one"]));
    await poll("the store to be asked", () => socket.isPaused());
    nowMs += waitedMs;
    connection.checkTime({ isSuperseded });
    expect(socket.destroyed).toBe(promise.startsWith("is cut off"));
  });

  test("and is idle in between stays as well", async () => {
    let nowMs = 0;
    const { relay, socket, connection } = await openSession({}, { nowMs: () => nowMs });
    await relay.send(fakeExecution().lines(1, ["one"]));
    nowMs += 24 * 60 * MINUTE_MS;
    connection.checkTime({ isSuperseded: true });
    expect(socket.destroyed).toBe(false);
  });
});

test("ends all but the newest of a node's sessions that wait for the store; other nodes' stay", async () => {
  let nowMs = Date.now();
  // They have no known owner, and their lines have used up the quarantine.
  const ownerOf = () => new Promise<never>(() => {});
  const site = await startIngestSite({ nowMs: () => nowMs, ownerOf, quarantine: { maxExecutionBytes: 600 } });
  const [old, other, fresh] = [await openRelay(site), await openRelay(site), await openRelay(site)];
  for (const [relay, node] of [
    [old, "node1"],
    [other, "node2"],
    [fresh, "node1"],
  ] as const) {
    const one = fakeExecution({ node });
    relay.command("syslog", one.begin());
    relay.command("syslog", one.lines(1, ["x".repeat(1_000)]));
  }
  await poll("a session to be cut off", async () => {
    nowMs += MINUTE_MS;
    return (await metric(site, "ml_relp_refused_sessions_total", "superseded")) === 1;
  });
  await old.closed();
  await poll("two sessions to be left", async () => (await metric(site, "ml_relp_connections")) === 2);
});

test("TCP keep-alive ends the connection of a relay that lost power", async () => {
  const site = await startIngestSite();
  const relay = await openRelay(site);
  const port = (number = 0) => number.toString(16).toUpperCase().padStart(4, "0");
  const { localPort, remotePort } = relay.socket;
  // The collector's end: local and remote address, state, queues, and timer 2: keep-alive.
  const timer = new RegExp(`:${port(remotePort)} \\w+:${port(localPort)} 01 \\w+:\\w+ 02:`);
  expect(await readFile("/proc/net/tcp", "utf8")).toMatch(timer);
});

describe("a stage that throws ends its relay's session, not the process", () => {
  const fault = new Error("disk I/O error");
  const broken = () => {
    throw fault;
  };
  const execution = fakeExecution();
  const line = () => execution.lines(1, ["one"]);
  test.each<[string, Parameters<typeof openSession>[0], () => string]>([
    ["as frames are taken apart", { slotFor: broken }, line],
    ["as a batch is stored", { store: broken }, line],
    ["while a batch is stored", { store: () => Promise.reject(fault) }, line],
    ["as a BEGIN is stored", { claim: broken }, () => execution.begin()],
    ["while a BEGIN is stored", { claim: () => Promise.reject(fault) }, () => execution.begin()],
    ["as what came with a BEGIN is stored", { store: broken }, () => execution.begin()],
  ])("%s", async (_, store, frame) => {
    const { relay, logLines } = await openSession(store);
    relay.command("syslog", frame());
    await relay.closed();
    expect(relay.replies).toHaveLength(1);
    expect(logLines).toEqual([expect.stringMatching(/^warning relay cut off .*"reason":"failure".*disk I\/O error/)]);
  });

  test("as the collector stops", async () => {
    let breaks = false;
    const { relay, socket, connection, logLines } = await openSession({ store: () => (breaks ? broken() : "stored") });
    await relay.send(line());
    breaks = true;
    relay.command("syslog", line());
    await once(socket, "data");
    connection.stop();
    await relay.closed();
    expect(logLines).toHaveLength(1);
  });
});

test("a relay that closes its session is answered once, even if the collector stops then", async () => {
  const { relay, socket, connection } = await openSession({});
  const errors: Error[] = [];
  socket.on("error", (error) => errors.push(error));
  relay.command("close", "");
  await once(socket, "finish");
  connection.stop();
  await relay.closed();
  expect(relay.replies.slice(1)).toEqual(["2 rsp 0", "0 serverclose 0"]);
  expect(errors).toEqual([]);
});
