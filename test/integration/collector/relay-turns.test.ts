import { expect, test } from "vitest";
import { SharedTurns, TurnShare } from "../../../src/ingest/session/turn-share.ts";
import { fakeExecution } from "../../support/envelopes.ts";
import { poll } from "../../support/poll.ts";
import { openSession } from "../../support/relay-session.ts";

test("a batch that filled while another was synced ends no session of a relay that shares its turns", async () => {
  const nowMs = () => 0;
  const turns = new SharedTurns();
  // By this clock a quiet relay has always spoken just now.
  turns.heardQuiet(new TurnShare(turns, nowMs), nowMs());
  const synced: (() => void)[] = [];
  let isHeld = true;
  const store = () =>
    isHeld ? new Promise<"stored">((settle) => synced.push(() => settle("stored"))) : ("stored" as const);
  const { relay, socket } = await openSession({ store }, { turns, nowMs });
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
