import type { JSX } from "preact";
import { formatBytes, formatCount, formatDuration } from "../format.ts";
import { localDate } from "../local-date.ts";
import type { KnownNode } from "./node-store.ts";

/** Everything that is known of a node and does not stand in its row. */
export function NodeDetails({ known }: { readonly known: KnownNode }): JSX.Element {
  const { summary, fleet } = known;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ["Addresses", fleet?.addresses.join(", ")],
    ["Kernel", join(fleet?.kernel, fleet?.architecture)],
    ["System", fleet?.os ?? undefined],
    ["CPUs", fleet?.cpus === null || fleet === undefined ? undefined : formatCount(fleet.cpus)],
    ["Memory", fleet?.memoryBytes == null ? undefined : formatBytes(fleet.memoryBytes)],
    ["GPUs", fleet?.gpus.join(", ")],
    ["Labels", fleet?.labels.join(", ")],
    ["Up for", fleet?.uptimeSeconds == null ? undefined : formatDuration(fleet.uptimeSeconds * 1_000)],
    ["Agent last heard of", fleet?.seenMs == null ? undefined : localDate(fleet.seenMs)],
    ["Relay last heard of", summary?.seenAt === undefined ? undefined : localDate(Date.parse(summary.seenAt))],
    ["Frames waiting", summary?.waiting === undefined ? undefined : formatCount(summary.waiting)],
    ["Your executions", summary === undefined ? undefined : formatCount(summary.executions)],
    ["The last one", summary?.lastStartedAt == null ? undefined : localDate(Date.parse(summary.lastStartedAt))],
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
