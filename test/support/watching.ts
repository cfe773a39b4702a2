import { LoopTurns } from "../../src/host/loop-turns.ts";
import type { LiveHub } from "../../src/live/hub.ts";
import { Outbox } from "../../src/live/outbox.ts";
import { Subscription } from "../../src/live/subscription.ts";
import type { Target } from "../../src/wire/live.ts";
import type { FakeArchive, FakeViewer } from "./fake-archive.ts";
import { FakeViewerSocket } from "./fake-viewer-socket.ts";

const ALICE: FakeViewer = { user: "alice", uid: 1001, admin: false };

interface WatchOptions {
  readonly hub: LiveHub;
  readonly archive: FakeArchive;
  readonly what: Target;
  readonly from: number | "end";
  readonly lines?: boolean;
  readonly viewer?: FakeViewer;
  /** Awaited before each frame is taken from the socket. */
  readonly take?: () => Promise<void>;
  readonly limits?: { maxBytes: number; maxLines: number };
  readonly highWaterMark?: number;
}

/** One subscription with a socket of its own, without a network. `found`: whether it could be opened. */
export async function watch(options: WatchOptions) {
  const { hub, archive, what, from, lines = true, viewer = ALICE, take = async () => undefined } = options;
  const { limits = { maxBytes: 1e9, maxLines: 1e9 }, highWaterMark = 1_000 } = options;
  const socket = new FakeViewerSocket({ take, highWaterMark });
  let overflows = 0;
  const outbox = new Outbox({
    ws: socket,
    socket,
    turns: new LoopTurns(),
    limits,
    onLost: (losses) => {
      for (const { source, ranges } of losses) subscription.lost(source, ranges);
    },
    onOverflow: () => {
      overflows += 1;
    },
    countLostLines: () => undefined,
  });
  const unreadable: unknown[] = [];
  const onUnreadable = (error: unknown) => void unreadable.push(error);
  const asked = { id: 1, what, from, wantsLines: lines, viewer };
  const subscription = new Subscription({
    ...asked,
    hub,
    history: archive,
    outbox,
    admitCatchUp: () => true,
    onUnreadable,
  });
  const found = await subscription.open();
  const ran = found ? subscription.run() : Promise.resolve();
  return { socket, subscription, outbox, found, ran, overflows: () => overflows, unreadable };
}
