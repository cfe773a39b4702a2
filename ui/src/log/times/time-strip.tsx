import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { formatQuery } from "../../../../src/text/query/format-query.ts";
import { parseQuery } from "../../../../src/text/query/parse-query.ts";
import { asTime } from "../../../../src/wire/time.ts";
import type { ApiClient } from "../../api-client.ts";
import { inside as t } from "../../texts/en/inside.ts";
import type { LogPlace } from "../../url-state.ts";
import type { LineTime } from "../view/line-time.ts";
import { outlineAcross, type TimeScale, timeScale } from "./time-scale.ts";
import { type TimedRun, useRunTimes } from "./use-run-times.ts";

export interface TimeStripProps {
  readonly api: ApiClient;
  readonly run: TimedRun;
  readonly isLive: boolean;
  readonly q: string;
  readonly time: LineTime;
  /** Where matches are: 0 to 1. */
  readonly ticks: readonly number[];
  readonly adjust: (changes: Partial<LogPlace>) => void;
  readonly onGo: (time: string) => void;
  /** Gets the scale for the scroll bar. */
  readonly onScale: (scale: TimeScale) => void;
}

/** A shorter movement of the pointer is a click. */
const LEAST_DRAG_PX = 4;

/** How much a run printed when, above its lines. A drag shows only that time, a click goes there. */
export function TimeStrip(props: TimeStripProps): JSX.Element | null {
  const { api, run, isLive, q, time, ticks, adjust, onGo, onScale } = props;
  const times = useRunTimes(api, run, isLive);
  const strip = useRef<HTMLElement>(null);
  const [drag, setDrag] = useState<{ readonly from: number; readonly to: number } | undefined>(undefined);
  const [over, setOver] = useState<number | undefined>(undefined);
  const scale = useMemo(() => (times === undefined ? undefined : timeScale(times)), [times]);
  const outline = useMemo(() => (times === undefined ? "" : outlineAcross(times.counts)), [times]);
  useEffect(() => {
    if (scale !== undefined) onScale(scale);
  }, [scale]);
  if (times === undefined || scale === undefined) return null;
  const { fromMs, totalMs, failures } = scale;
  const timeAt = (part: number): string => asTime(Math.round(fromMs + part * totalMs));
  const partOf = (event: PointerEvent): number => {
    const box = strip.current?.getBoundingClientRect();
    return box === undefined ? 0 : Math.max(0, Math.min(1, (event.clientX - box.left) / box.width));
  };
  const begin = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    event.preventDefault();
    strip.current?.setPointerCapture(event.pointerId);
    const from = partOf(event);
    setDrag({ from, to: from });
  };
  const move = (event: PointerEvent): void => {
    setOver(partOf(event));
    if (drag !== undefined) setDrag({ from: drag.from, to: partOf(event) });
  };
  const end = (): void => {
    if (drag === undefined) return;
    setDrag(undefined);
    const [from, to] = drag.from < drag.to ? [drag.from, drag.to] : [drag.to, drag.from];
    if ((to - from) * (strip.current?.clientWidth ?? 0) < LEAST_DRAG_PX) {
      onGo(timeAt(from));
      return;
    }
    const { terms, fields } = parseQuery(q);
    const range = { since: isoOf(timeAt(from)), until: isoOf(timeAt(to)) };
    adjust({ q: formatQuery({ terms, fields: { ...fields, ...range } }) });
  };
  const chosen = drag ?? chosenIn(q, scale);
  const part =
    over === undefined ? undefined : Math.min(times.counts.length - 1, Math.floor(over * times.counts.length));
  const words =
    part === undefined || over === undefined
      ? ""
      : t.stripPart(time.clock(timeAt(over)), times.counts[part] ?? 0, secondsOf(times.sizeMs));
  return (
    <section
      ref={strip}
      class="time-strip"
      aria-label={t.strip}
      title={t.stripTitle}
      onPointerDown={begin}
      onPointerMove={move}
      onPointerUp={end}
      onPointerCancel={() => setDrag(undefined)}
      onPointerLeave={() => setOver(undefined)}
    >
      <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
        <path d={outline} />
      </svg>
      {ticks.map((at) => (
        <span key={`match ${at}`} class="strip-match" style={{ left: percent(at) }} />
      ))}
      {failures.map((at) => (
        <span key={`failure ${at}`} class="strip-failure" style={{ left: percent(at) }} />
      ))}
      {chosen === undefined ? null : (
        <span
          class="strip-chosen"
          style={{ left: percent(Math.min(chosen.from, chosen.to)), width: percent(Math.abs(chosen.to - chosen.from)) }}
        />
      )}
      <span class="strip-end">{time.clock(timeAt(0))}</span>
      {words === "" ? null : <span class="strip-words">{words}</span>}
      <span class="strip-end">{time.clock(timeAt(1))}</span>
    </section>
  );
}

/** The period that a filter selects, if it names one exactly. */
function chosenIn(q: string, { fromMs, totalMs }: TimeScale): { from: number; to: number } | undefined {
  const { since, until } = parseQuery(q).fields;
  const [sinceMs, untilMs] = [Date.parse(since ?? ""), Date.parse(until ?? "")];
  if (Number.isNaN(sinceMs) && Number.isNaN(untilMs)) return undefined;
  const partOf = (ms: number): number => Math.max(0, Math.min(1, (ms - fromMs) / totalMs));
  return { from: Number.isNaN(sinceMs) ? 0 : partOf(sinceMs), to: Number.isNaN(untilMs) ? 1 : partOf(untilMs) };
}

/** A time to the millisecond, as it may be typed; in UTC, so that a link means the same everywhere. */
function isoOf(time: string): string {
  return `${time.slice(0, 23)}Z`;
}

function secondsOf(ms: number): string {
  return (ms / 1_000).toPrecision(2).replace(/e.*/, "");
}

function percent(part: number): string {
  return `${(part * 100).toFixed(3)}%`;
}
