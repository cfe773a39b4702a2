import { expect, test } from "vitest";
import { LoopTurns } from "../../../src/host/loop-turns.ts";
import { QuietRelays, TurnAllowance } from "../../../src/ingest/session/turn-allowance.ts";
import { fakeExecution } from "../../support/envelopes.ts";
import { poll } from "../../support/poll.ts";
import { openSession } from "../../support/relay-session.ts";

test("a batch that fills while another is synced ends no session of a relay with shared turns", async () => {
  const nowMs = () => 0;
  const quiet = new QuietRelays();
  // On this clock a quiet relay has always just spoken.
  quiet.heard(new TurnAllowance(quiet, nowMs), nowMs());
  const synced: (() => void)[] = [];
  let isHeld = true;
  const store = () =>
    isHeld ? new Promise<"stored">((settle) => synced.push(() => settle("stored"))) : ("stored" as const);
  const { relay, socket } = await openSession({ store }, { quiet, nowMs });
  const execution = fakeExecution();
  // Empty lines: 38 bytes of a batch for each two on the wire.
  const texts = new Array<string>(2_000).fill("");
  const frames = Array.from({ length: 400 }, (_, i) => execution.lines(1 + i * texts.length, texts));
  for (const frame of frames) relay.command("syslog", frame);
  let bytesRead = -1;
  await poll("a batch to be synced, and the next one to be so full that nothing is read", () => {
    const isSteady = synced.length === 1 && socket.isPaused() && socket.bytesRead === bytesRead;
    bytesRead = socket.bytesRead;
    return isSteady;
  });
  isHeld = false;
  for (const settle of synced) settle();
  await relay.answered(1 + frames.length);
  expect(relay.replies).toHaveLength(1 + frames.length);
});

test("a batch of very many executions goes to the store in small steps, and is acknowledged after the last", async () => {
  const steps: number[] = [];
  let isOver = false;
  const store = (items: readonly unknown[]) => {
    expect(isOver).toBe(false);
    if (items.length > 0) steps.push(items.length);
    return "stored" as const;
  };
  const { relay } = await openSession({ store });
  const frames = Array.from({ length: 1_000 }, () => fakeExecution().lines(1, ["one line of its own"]));
  await relay.send(...frames);
  isOver = true;
  expect(Math.max(...steps)).toBeLessThanOrEqual(64);
  expect(steps.reduce((sum, one) => sum + one, 0)).toBe(1_000);
});

test("sessions that send BEGINs together bind a bounded number in one turn of the loop", async () => {
  const clock = { nowMs: 0 };
  const turns = new LoopTurns({ maxTurnMs: 5, nowMs: () => clock.nowMs });
  const perTurn: number[] = [];
  let claims = 0;
  let isCounting = true;
  const count = () => {
    perTurn.push(claims);
    claims = 0;
    if (isCounting) setImmediate(count);
  };
  setImmediate(count);
  const claim = async () => {
    claims += 1;
    return "stored" as const;
  };
  const sessions = await Promise.all(Array.from({ length: 8 }, () => openSession({ claim }, { turns })));
  const begins = () => Array.from({ length: 50 }, () => fakeExecution().begin());
  await Promise.all(sessions.map(({ relay }) => relay.send(...begins())));
  isCounting = false;
  expect(perTurn.reduce((sum, one) => sum + one, 0) + claims).toBe(400);
  // One budget before the loop's immediates, and one in them.
  expect(Math.max(...perTurn)).toBeLessThanOrEqual(10);
});

test("a session whose items are slow to store, as those of scattered executions, gets smaller steps", async () => {
  const clock = { nowMs: 0 };
  const steps: number[] = [];
  const msAnItem = { is: 0 };
  const store = (items: readonly unknown[]) => {
    if (items.length > 0) steps.push(items.length);
    clock.nowMs += items.length * msAnItem.is;
    return "stored" as const;
  };
  const { relay } = await openSession({ store }, { nowMs: () => clock.nowMs });
  const frames = () => Array.from({ length: 400 }, () => fakeExecution().lines(1, ["one line of its own"]));
  await relay.send(...frames());
  expect(steps[0]).toBeLessThanOrEqual(16);
  expect(Math.max(...steps)).toBe(64);
  steps.length = 0;
  msAnItem.is = 1;
  await relay.send(...frames());
  expect(Math.max(...steps.slice(1))).toBeLessThanOrEqual(10);
  expect(steps.reduce((sum, one) => sum + one, 0)).toBe(400);
});
