import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";

interface ScrollBarProps {
  /** The bar's range: 0 to `total`, of which `start` to `start + size` is in view. */
  readonly start: number;
  readonly size: number;
  readonly total: number;
  /** Parts of the range where lines are missing. */
  readonly holes: readonly (readonly [from: number, to: number])[];
  /** Places of matches, and of failures: 0 to 1. */
  readonly ticks: readonly number[];
  readonly failures?: readonly number[];
  /** An outline of how much is where, in a square of 100. */
  readonly outline?: string;
  readonly describe: (at: number) => string;
  /** Called when the reader moved the upper edge of the view there. */
  readonly onMove: (at: number) => void;
}

const LEAST_THUMB_PART = 0.04;

/**
 * A scroll bar over the whole log, however long: the native one would cover only loaded rows. For the pointer only;
 * keyboard and screen readers use the log itself.
 */
export function ScrollBar(props: ScrollBarProps): JSX.Element {
  const { start, size, total, holes, ticks, failures = [], outline, describe, onMove } = props;
  const track = useRef<HTMLDivElement>(null);
  const [dragged, setDragged] = useState<{ readonly at: number; readonly grip: number } | undefined>(undefined);
  const room = Math.max(0, total - size);
  const thumb = total <= 0 ? 1 : Math.max(LEAST_THUMB_PART, Math.min(1, size / total));
  const at = dragged?.at ?? start;
  const top = room === 0 ? 0 : Math.min(1, Math.max(0, at / room)) * (1 - thumb);
  if (room === 0) return <div class="scroll-bar" aria-hidden="true" />;

  /** The place in the log that puts the thumb's upper edge `grip` above the pointer. */
  const placeOf = (event: PointerEvent, grip: number): number => {
    const box = track.current?.getBoundingClientRect();
    if (box === undefined) return start;
    const part = (event.clientY - box.top) / box.height - grip;
    return Math.max(0, Math.min(1, part / (1 - thumb))) * room;
  };
  const begin = (event: PointerEvent): void => {
    const box = track.current?.getBoundingClientRect();
    if (box === undefined || event.button !== 0) return;
    event.preventDefault();
    track.current?.setPointerCapture(event.pointerId);
    const part = (event.clientY - box.top) / box.height;
    const isOnThumb = part >= top && part <= top + thumb;
    const grip = isOnThumb ? part - top : thumb / 2;
    drag(event, grip);
  };
  const drag = (event: PointerEvent, grip: number): void => {
    const wanted = placeOf(event, grip);
    setDragged({ at: wanted, grip });
    onMove(wanted);
  };
  return (
    <div
      ref={track}
      class={`scroll-bar${dragged === undefined ? "" : " dragged"}`}
      aria-hidden="true"
      onPointerDown={begin}
      onPointerMove={(event) => dragged !== undefined && drag(event, dragged.grip)}
      onPointerUp={() => setDragged(undefined)}
      onPointerCancel={() => setDragged(undefined)}
    >
      {holes.map(([from, to]) => (
        <span
          key={from}
          class="scroll-hole"
          style={{ top: percent((from - 1) / total), height: percent((to - from + 1) / total) }}
        />
      ))}
      {outline === undefined ? null : (
        <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
          <path d={outline} />
        </svg>
      )}
      {failures.map((at) => (
        <span key={`failure ${at}`} class="scroll-failure" style={{ top: percent(at) }} />
      ))}
      {ticks.map((at) => (
        <span key={`tick ${at}`} class="scroll-tick" style={{ top: percent(at) }} />
      ))}
      <span class="thumb" style={{ top: percent(top), height: percent(thumb) }}>
        {dragged === undefined ? null : <span class="bubble">{describe(at)}</span>}
      </span>
    </div>
  );
}

function percent(part: number): string {
  return `${(part * 100).toFixed(3)}%`;
}
