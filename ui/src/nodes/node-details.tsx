import type { JSX } from "preact";
import { formatBytes, formatCount, formatDuration } from "../format.ts";
import { localDate } from "../local-date.ts";
import { nodes } from "../texts/en/nodes.ts";
import type { KnownNode } from "./node-store.ts";

/** All known facts of a node that its row does not show. */
export function NodeDetails({ known }: { readonly known: KnownNode }): JSX.Element {
  const { summary, fleet } = known;
  const t = nodes.details;
  const rows: readonly (readonly [string, string | undefined])[] = [
    [t.addresses, fleet?.addresses.join(", ")],
    [t.kernel, join(fleet?.kernel, fleet?.architecture)],
    [t.system, fleet?.os ?? undefined],
    [t.cpus, fleet?.cpus === null || fleet === undefined ? undefined : formatCount(fleet.cpus)],
    [t.memory, fleet?.memoryBytes == null ? undefined : formatBytes(fleet.memoryBytes)],
    [t.gpus, fleet?.gpus.join(", ")],
    [t.labels, fleet?.labels.join(", ")],
    [t.services, fleet?.services.join(", ")],
    [t.upFor, fleet?.uptimeSeconds == null ? undefined : formatDuration(fleet.uptimeSeconds * 1_000)],
    [t.agentHeard, fleet?.seenMs == null ? undefined : localDate(fleet.seenMs)],
    [t.relayHeard, summary?.seenAt === undefined ? undefined : localDate(Date.parse(summary.seenAt))],
    [t.waiting, summary?.waiting === undefined ? undefined : formatCount(summary.waiting)],
    [t.executions, summary === undefined ? undefined : formatCount(summary.executions)],
    [t.last, summary?.lastStartedAt == null ? undefined : localDate(Date.parse(summary.lastStartedAt))],
  ];
  return (
    <dl class="node-details">
      {rows.map(([name, value]) =>
        value === undefined || value === "" ? null : (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

function join(...words: readonly (string | null | undefined)[]): string | undefined {
  return words.filter((word) => typeof word === "string").join(", ");
}
