import type { JSX } from "preact";
import type { RunSummary, StateCounts } from "../../../src/wire/runs.ts";
import { placeWords } from "../board/board-order.ts";
import { formatCount, formatDuration } from "../format.ts";
import { plainText } from "../text/segments.ts";
import { visibleText } from "../text/visible-control.ts";
import { frame } from "../texts/en/frame.ts";
import { list } from "../texts/en/list.ts";
import type { RunGlance } from "./glances.ts";

/** A silence shorter than this is a pause. */
const SILENT_FROM_MS = 10_000;
const STATES = ["failed", "lost", "running", "finished"] as const;

/** The states of a run's executions as one bar. */
export function StateBar({ of }: { readonly of: StateCounts }): JSX.Element {
  const states = STATES.filter((state) => of[state] > 0);
  return (
    <span class="state-bar" title={states.map((state) => frame.inState[state](of[state])).join(", ")}>
      {states.map((state) => (
        <span key={state} class={`part-${state}`} style={{ flexGrow: of[state] }} />
      ))}
    </span>
  );
}

interface RunFactsProps {
  readonly summary: RunSummary;
  readonly known: RunGlance | undefined;
  readonly nowMs: number;
}

/** Last line, duration, silence and lines a second of a run. */
export function RunFacts({ summary, known, nowMs }: RunFactsProps): JSX.Element {
  const isRunning = summary.running > 0;
  const endMs = isRunning ? nowMs : Date.parse(summary.lastAt);
  const quietMs =
    isRunning && known?.glance.quietMs !== undefined && known.glance.quietMs !== null
      ? known.glance.quietMs + nowMs - known.atMs
      : 0;
  return (
    <span class="run-facts">
      <LastLine known={known} />
      <span class="duration" title={isRunning ? list.runningFor : frame.duration}>
        {formatDuration(endMs - Date.parse(summary.startedAt))}
      </span>
      {quietMs >= SILENT_FROM_MS ? (
        <span class="silence" title={list.silentTitle}>
          {list.silent(formatDuration(quietMs))}
        </span>
      ) : known !== undefined && isRunning && known.glance.silentCount > 0 ? (
        <span class="silence" title={list.silentCountTitle}>
          {list.silentCount(known.glance.silentCount)}
        </span>
      ) : isRunning && known !== undefined ? (
        <Rate rates={known.rates} />
      ) : (
        <span class="silence" />
      )}
      <span class="count">{known === undefined ? "" : formatCount(known.glance.lines)}</span>
    </span>
  );
}

function LastLine({ known }: { readonly known: RunGlance | undefined }): JSX.Element {
  const line = known?.glance.line ?? null;
  if (line === null) return <span class="last-line" />;
  const where = placeWords(line);
  return (
    <span
      class={`last-line${line.isOfFirst ? " of-first" : ""}`}
      title={line.isOfFirst ? list.lastLineOfFirst(where) : list.lastLineOf(where)}
    >
      {line.isOfFirst ? <strong>{visibleText(where)} </strong> : null}
      {plainText(line.text)}
    </span>
  );
}

const CURVE = { width: 60, height: 16 };

/** Lines a second, as a number and a small curve. */
function Rate({ rates }: { readonly rates: readonly number[] }): JSX.Element {
  const last = rates.at(-1);
  const most = Math.max(1, ...rates);
  const stepPx = CURVE.width / Math.max(1, rates.length - 1);
  const points = rates.map(
    (rate, i) => `${(i * stepPx).toFixed(1)},${(CURVE.height - 1 - (rate / most) * (CURVE.height - 2)).toFixed(1)}`,
  );
  return (
    <span class="rate" title={list.rate}>
      {rates.length < 2 ? null : (
        <svg viewBox={`0 0 ${CURVE.width} ${CURVE.height}`} aria-hidden="true">
          <polyline points={points.join(" ")} />
        </svg>
      )}
      {last === undefined ? "" : list.aSecond(formatCount(Math.round(last)))}
    </span>
  );
}
