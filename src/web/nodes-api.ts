import { Router } from "express";
import { LoopTurns } from "../host/loop-turns.ts";
import type { NodeSummary } from "../wire/node-summary.ts";
import { asTime } from "../wire/time.ts";
import type { RecordRead } from "./admin-reads.ts";
import { followJson } from "./follow-json.ts";
import type { OpenWhile } from "./open-while.ts";
import type { Archive, Fleet, Relays } from "./ports.ts";
import { Query } from "./query.ts";
import { inPieces, sendList } from "./send-list.ts";
import { UserPlaces } from "./user-places.ts";
import { UserTurns } from "./user-turns.ts";
import type { ViewerOf } from "./viewers.ts";

interface NodesApiOptions {
  readonly archive: Pick<Archive, "nodes">;
  readonly relays: Relays | undefined;
  readonly fleet: Pick<Fleet, "view" | "watchNodes" | "nodeEvents"> | undefined;
  readonly viewerOf: ViewerOf;
  readonly openWhile: OpenWhile;
  readonly recordRead: RecordRead;
}

const MAX_WAITING = 64;
/** Windows of one user that watch nodes. */
const MAX_WATCHING = 8;
const DEFAULT_EVENTS = 100;
/** As many as are kept for a node. */
const MAX_EVENTS = 1_000;

/**
 * `GET /api/nodes`, `GET /api/fleet`, `GET /api/fleet/events`. Everybody sees the state of nodes and relays; users see
 * their own executions. Errors may name users, so only administrators see them.
 */
export function createNodesApi({ archive, relays, fleet, viewerOf, openWhile, recordRead }: NodesApiOptions): Router {
  const router = Router();
  const turns = new LoopTurns();
  const requests = new UserTurns({ what: "requests about nodes", maxWaiting: MAX_WAITING });
  const watching = new UserPlaces({ what: "watch nodes", most: MAX_WATCHING, retryAfterSeconds: 5 });

  router.get("/nodes", async (request, response) => {
    const viewer = await viewerOf(request, "read");
    const isAll = new Query(request.query).word("all", "1", (word) => (word === "1" ? word : undefined)) !== undefined;
    recordRead(viewer, request, "all");
    const work = async () => {
      const own = (await archive.nodes(viewer)).map((each) => withRelay(each, relays));
      const nodes = isAll ? [...own, ...othersThan(own, relays)] : own;
      await sendList(response, turns, { name: "nodes", pieces: inPieces(nodes) });
    };
    await requests.run(viewer.uid, { isWanted: () => !response.closed, work });
  });

  if (fleet === undefined) return router;

  router.get("/fleet", async (request, response) => {
    const viewer = await viewerOf(request, "read");
    if (new Query(request.query).text("follow", 1) === undefined) {
      response.json(await fleet.view());
      return;
    }
    const ended = openWhile(request, response, viewer);
    await watching.hold(viewer.uid, () => followJson(response, ended, (signal) => [fleet.watchNodes(signal)]));
  });

  router.get("/fleet/events", async (request, response) => {
    const viewer = await viewerOf(request, "read");
    const limit = new Query(request.query).count("limit", { least: 1, most: MAX_EVENTS, fallback: DEFAULT_EVENTS });
    const sent = await fleet.nodeEvents(limit, viewer.admin ? undefined : viewer.user);
    recordRead(
      viewer,
      request,
      sent.flatMap(({ user }) => (user === "" ? [] : [user])),
    );
    response.json({ events: sent });
  });

  return router;
}

/** Nodes whose relay was heard, and on which the viewer has run nothing. */
function othersThan(own: readonly NodeSummary[], relays: Relays | undefined): NodeSummary[] {
  const known = new Set(own.map(({ node }) => node));
  return [...(relays?.names() ?? [])]
    .filter((node) => !known.has(node))
    .sort()
    .map((node) => withRelay({ node, executions: 0, running: 0, lastStartedAt: null }, relays));
}

function withRelay(summary: NodeSummary, relays: Relays | undefined): NodeSummary {
  const known = relays?.of(summary.node);
  if (known === undefined) return summary;
  const { isUp, seenAtMs, behindMs, delayMs, waiting, lost, refused } = known;
  const figures = Object.entries({ behindMs, delayMs, waiting, lost, refused });
  const reported = Object.fromEntries(figures.filter(([, value]) => value !== undefined));
  return { ...summary, isUp, seenAt: asTime(seenAtMs), ...reported };
}
