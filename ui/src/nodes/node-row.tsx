import type { JSX, RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { FleetNode } from "../../../src/wire/fleet/node-view.ts";
import type { NodeSummary } from "../../../src/wire/node-summary.ts";
import { fixed, formatBytes, formatCount, formatDuration, twoDigits } from "../format.ts";
import { Link } from "../link.tsx";
import type { Navigation } from "../navigation.ts";
import { nodes as t } from "../texts/en/nodes.ts";
import { LIST } from "../url-state.ts";
import { NodeDetails } from "./node-details.tsx";
import { clockAheadMs, problemsOf } from "./node-health.ts";
import type { NodeStore } from "./node-store.ts";
import type { RowsInView } from "./rows-in-view.ts";

/** A smaller difference may be the message's delay. */
const LEAST_CLOCK_MS = 50;

interface NodeRowProps {
  readonly node: string;
  readonly store: NodeStore;
  readonly rows: RowsInView;
  readonly navigation: Navigation;
  readonly hasFleet: boolean;
}

/** One node. It is redrawn when the node has changed and the row is in view. */
export function NodeRow({ node, store, rows, navigation, hasFleet }: NodeRowProps): JSX.Element | null {
  const row = useRef<HTMLTableRowElement>(null);
  const [isOpen, setOpen] = useState(false);
  useChanges(row, { node, store, rows });
  const known = store.get(node);
  if (known === undefined) return null;
  const { summary, fleet } = known;
  const problems = problemsOf(known);
  return (
    <>
      <tr ref={row} class={problems.length > 0 ? "node-row bad" : "node-row"} data-node={node}>
        <th scope="row">
          <button type="button" class="plain node-open" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            <span class="node-triangle" aria-hidden="true" />
            {node}
          </button>
          {problems.length > 0 ? <span class="node-problem">{problems.join(", ")}</span> : null}
        </th>
        <RelayCells summary={summary} />
        <td class="number">
          {summary === undefined || summary.executions === 0 ? (
            <span class="quiet">-</span>
          ) : (
            <Link navigation={navigation} to={{ ...LIST, node }} title={t.yours(summary.executions)}>
              {summary.running === 0 ? "0" : formatCount(summary.running)}
            </Link>
          )}
        </td>
        <td class="number">{clockWords(clockAheadMs(known))}</td>
        {hasFleet ? <AgentCells fleet={fleet} /> : null}
      </tr>
      {isOpen ? (
        <tr class="node-more">
          <td colSpan={hasFleet ? 12 : 7}>
            <NodeDetails known={known} />
          </td>
        </tr>
      ) : null}
    </>
  );
}

function RelayCells({ summary }: { readonly summary: NodeSummary | undefined }): JSX.Element {
  const { isUp, seenAt, delayMs, lost, refused } = summary ?? {};
  return (
    <>
      <td>
        {isUp === undefined ? (
          <span class="quiet" title={t.notSeenTitle}>
            {t.notSeen}
          </span>
        ) : (
          <span class={isUp ? "node-up" : "node-down"}>
            {isUp ? t.up : t.downFor(formatDuration(Date.now() - Date.parse(seenAt ?? "")))}
          </span>
        )}
      </td>
      <td class="number">{delayMs === undefined ? "-" : `${formatCount(delayMs)} ms`}</td>
      <td class="number">{countWords(lost)}</td>
      <td class="number">{countWords(refused)}</td>
    </>
  );
}

function AgentCells({ fleet }: { readonly fleet: FleetNode | undefined }): JSX.Element {
  const isPresent = fleet?.state === "present";
  const { load, cpus, memoryBytes, memoryFreeBytes } = fleet ?? {};
  const memory = memoryBytes && memoryFreeBytes !== null ? 1 - (memoryFreeBytes ?? 0) / memoryBytes : undefined;
  return (
    <>
      <td>
        <span class={isPresent ? "node-up" : fleet?.seenMs == null ? "quiet" : "node-down"}>{agentWords(fleet)}</span>
      </td>
      <td class="number node-clock">{isPresent ? timeWords(fleet) : "-"}</td>
      <td class="number">
        {isPresent && load != null ? (
          <Meter share={load / (cpus ?? 1)} words={fixed(load, 2)} about={t.loadOf(String(cpus ?? "?"))} />
        ) : (
          "-"
        )}
      </td>
      <td class="number">
        {isPresent && memory !== undefined ? (
          <Meter
            share={memory}
            words={formatBytes(memoryFreeBytes ?? 0)}
            about={t.freeOf(formatBytes(memoryBytes ?? 0))}
          />
        ) : (
          "-"
        )}
      </td>
      <td class="number">{isPresent ? formatCount(fleet.running ?? 0) : "-"}</td>
    </>
  );
}

function Meter({ share, words, about }: { readonly share: number; readonly words: string; readonly about: string }) {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * 100);
  return (
    <span class={share > 0.95 ? "node-meter full" : "node-meter"} title={about} style={{ "--filled": `${filled}%` }}>
      {words}
    </span>
  );
}

function agentWords(fleet: FleetNode | undefined): string {
  if (fleet === undefined) return t.noAgent;
  if (fleet.state === "present") return fleet.agent ?? t.present;
  if (fleet.state === "duplicate") return t.two;
  if (fleet.state === "outdated") return t.outdated;
  return fleet.seenMs === null ? t.notSeen : t.goneFor(formatDuration(Date.now() - fleet.seenMs));
}

/** The node's own time when it last reported. */
function timeWords({ seenMs, clockMs }: FleetNode): string {
  if (seenMs === null) return "-";
  const at = new Date(seenMs + (clockMs ?? 0));
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map(twoDigits).join(":");
}

function clockWords(aheadMs: number | undefined): string {
  if (aheadMs === undefined) return "-";
  return Math.abs(aheadMs) < LEAST_CLOCK_MS
    ? "0"
    : `${aheadMs > 0 ? "+" : "\u2212"}${formatDuration(Math.abs(aheadMs))}`;
}

function countWords(count: number | undefined): JSX.Element | string {
  if (count === undefined) return "-";
  return count === 0 ? "0" : <span class="node-down">{formatCount(count)}</span>;
}

/** Redraws the row when its node changes, now or once it comes into view. */
function useChanges(
  row: RefObject<HTMLTableRowElement | null>,
  { node, store, rows }: Pick<NodeRowProps, "node" | "store" | "rows">,
): void {
  const [, redraw] = useState(0);
  useEffect(() => {
    if (row.current === null) return undefined;
    let [isInView, isDue] = [false, false];
    const draw = (): void => {
      isDue = !isInView;
      if (isInView) redraw((count) => count + 1);
    };
    const leave = rows.watch(row.current, (isSeen) => {
      isInView = isSeen;
      if (isSeen && isDue) draw();
    });
    const forget = store.listen(node, draw);
    return () => {
      forget();
      leave();
    };
  }, [row, node, store, rows]);
}
