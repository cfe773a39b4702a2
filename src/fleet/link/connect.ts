import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import type { Log } from "../../host/log.ts";

export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}

interface ConnectOptions {
  readonly at: BrokerAddress;
  readonly pki: string;
  /** Base name of its certificate: NAME.crt, NAME.key. */
  readonly name: string;
  readonly log: Log;
  readonly onReconnect?: (() => void) | undefined;
  /** Ends the attempts before the first connection. */
  readonly signal?: AbortSignal | undefined;
}

const RECONNECT_AFTER_MS = 250;
const TRY_AGAIN_AFTER_MS = 500;

/**
 * Connects the collector to its broker. Tries until the broker answers; rejects when `signal` aborts. The connection then
 * reconnects by itself until it is closed.
 */
export async function connectToBroker(options: ConnectOptions): Promise<NatsConnection> {
  const { name, log, onReconnect, signal } = options;
  for (let isFirst = true; ; isFirst = false) {
    signal?.throwIfAborted();
    try {
      const connection = await connectOnce(options);
      void watch(connection, { name, log, onReconnect });
      return connection;
    } catch (error) {
      if (isFirst) log.event("warning", "no connection to the fleet's broker yet", { name, error: String(error) });
      await pause(TRY_AGAIN_AFTER_MS, undefined, signal === undefined ? {} : { signal });
    }
  }
}

function connectOnce({ at, pki, name }: ConnectOptions): Promise<NatsConnection> {
  return connect({
    servers: `${at.host.includes(":") ? `[${at.host}]` : at.host}:${at.port}`,
    name,
    tls: {
      certFile: join(pki, `${name}.crt`),
      keyFile: join(pki, `${name}.key`),
      caFile: join(pki, "ca.crt"),
    },
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_AFTER_MS,
    reconnectJitter: 0,
    reconnectJitterTLS: 0,
    ignoreClusterUpdates: true,
  });
}

async function watch(
  connection: NatsConnection,
  { name, log, onReconnect }: Pick<ConnectOptions, "name" | "log" | "onReconnect">,
): Promise<void> {
  for await (const status of connection.status()) {
    if (status.type === "disconnect") log.event("notice", "no connection to the fleet's broker", { name });
    if (status.type === "error")
      log.event("error", "the fleet's broker refuses", { name, error: String(status.error) });
    if (status.type === "reconnect") {
      log.event("info", "connected to the fleet's broker again", { name });
      onReconnect?.();
    }
  }
}
