import type { IngestMetrics } from "../ingest-metrics.ts";

/** A node's relay as the collector knows it. Counts are undefined where it has not reported. */
export interface RelayView {
  /** Whether it is connected. */
  readonly isUp: boolean;
  /** How long ago it sent anything. */
  readonly heardBeforeMs: number;
  /** Frames that wait in its queue. */
  readonly waiting: number | undefined;
  /** Frames that it discarded, and connections of mlrun that the gate refused or ended, since they started. */
  readonly lost: number | undefined;
  readonly refused: number | undefined;
}

/** Undefined: the relay was not heard since the collector's start. */
export function relayView(
  node: string,
  { presence, relays, gates }: Pick<IngestMetrics, "presence" | "relays" | "gates">,
): RelayView | undefined {
  const known = presence.of(node);
  if (known === undefined) return undefined;
  return {
    ...known,
    waiting: relays.of(node, ({ frames }) => frames),
    lost: relays.of(node, ({ discarded }) => discarded),
    refused: gates.of(node, ({ refused, ended }) => refused + ended),
  };
}
