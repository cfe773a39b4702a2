import type { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { Audit } from "../host/audit.ts";
import type { Log } from "../host/log.ts";
import { LoopTurns } from "../host/loop-turns.ts";
import type { Metrics } from "../host/metrics.ts";
import { WIRE_LIMITS } from "../wire/limits.ts";
import type { Viewer } from "../wire/viewer.ts";
import { Connection } from "./connection.ts";
import type { LiveHub } from "./hub.ts";
import { createLiveMetrics } from "./live-metrics.ts";
import type { History } from "./ports.ts";

export interface LiveOptions {
  /** Where the store publishes stored lines. Closed together with live. */
  readonly hub: LiveHub;
  readonly history: History;
  readonly limits: {
    readonly viewerBacklogBytes: number;
    readonly viewerBacklogLines: number;
    readonly websocketsPerUser: number;
  };
  readonly log: Log;
  readonly audit: Audit;
  readonly metrics: Metrics;
  readonly pingEveryMs?: number;
  readonly beatEveryMs?: number;
}

/** A WebSocket that was accepted. */
interface LiveSocket {
  /** Closes it because its session has ended. */
  endSession(): void;
  /** Closes it because its viewer may see less than before: the viewer connects again. */
  seesLess(): void;
  readonly closed: Promise<void>;
}

export interface Live {
  /** Whether this viewer may open one more WebSocket. */
  hasRoom(viewer: Viewer): boolean;
  /** Takes over an upgrade request whose viewer is known. Undefined if its handshake was invalid (and was answered). */
  accept(
    upgrade: { request: IncomingMessage; socket: Duplex; head: Buffer; address: string | undefined },
    viewer: Viewer,
  ): LiveSocket | undefined;
  /** Closes every WebSocket, and accepts no more. */
  close(): Promise<void>;
}

const PING_EVERY_MS = 30_000;
/** Viewers give up a connection after 25 s of silence: two beats may be late. */
const BEAT_EVERY_MS = 10_000;

/** Sends stored lines to subscribed viewers. */
export function createLive(options: LiveOptions): Live {
  const { hub, history, limits, log, audit, metrics } = options;
  const { pingEveryMs = PING_EVERY_MS, beatEveryMs = BEAT_EVERY_MS } = options;
  const turns = new LoopTurns();
  const connections = new Map<Connection, Promise<void>>();
  const liveMetrics = createLiveMetrics(metrics, () => connections.size);
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: WIRE_LIMITS.maxClientMessageBytes,
    // Compression would be repeated for each viewer, and takes 300 KB each.
    perMessageDeflate: false,
    // Otherwise ws handles everything from one read in one turn, however many messages and pings it is.
    allowSynchronousEvents: false,
    autoPong: false,
  });
  const pings = setInterval(() => {
    for (const connection of connections.keys()) connection.ping();
  }, pingEveryMs);
  const beats = setInterval(() => {
    for (const connection of connections.keys()) connection.beat();
  }, beatEveryMs);

  let closed: Promise<void> | undefined;

  async function closeAll(): Promise<void> {
    clearInterval(pings);
    clearInterval(beats);
    for (const connection of connections.keys()) connection.close("goingAway", "the collector stops");
    await Promise.all(connections.values());
    hub.close();
    server.close();
  }

  function countOf({ uid }: Viewer): number {
    let count = 0;
    for (const connection of connections.keys()) if (connection.viewer.uid === uid) count += 1;
    return count;
  }

  return {
    hasRoom(viewer) {
      const hasRoom = closed === undefined && countOf(viewer) < limits.websocketsPerUser;
      if (!hasRoom) liveMetrics.refused("too_many_websockets").inc();
      return hasRoom;
    },
    accept({ request, socket, head, address }, viewer) {
      // node:http declares a Duplex, but passes a TCP or TLS socket.
      if (!(socket instanceof Socket)) throw new TypeError("Cannot serve a WebSocket: it has no socket");
      let accepted: LiveSocket | undefined;
      server.handleUpgrade(request, socket, head, (ws) => {
        const backlog = { maxBytes: limits.viewerBacklogBytes, maxLines: limits.viewerBacklogLines };
        const connection = new Connection({
          ws,
          socket,
          viewer,
          hub,
          history,
          turns,
          limits: backlog,
          log,
          audit,
          address,
          metrics: liveMetrics,
        });
        const gone = new Promise<void>((resolve) => {
          ws.once("close", () => {
            connections.delete(connection);
            resolve();
          });
        });
        connections.set(connection, gone);
        accepted = {
          closed: gone,
          endSession: () => connection.close("sessionEnded", "signed out"),
          seesLess: () => connection.close("seesLess", "what you may see has changed"),
        };
      });
      return accepted;
    },
    close() {
      closed ??= closeAll();
      return closed;
    },
  };
}
