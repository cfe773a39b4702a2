import { GATHER_MS, MANY_A_SECOND } from "./message-queue.ts";

/** Times that tick (durations of running commands) are drawn this often even when nothing else changes. */
const TICK_MS = 1_000;
/** At twelve draws a second each line seems to arrive by itself. */
const DRAW_EVERY_MS = 1_000 / 12;
/** The same while more arrives than anybody reads line by line. */
const BUSY_DRAW_EVERY_MS = GATHER_MS;
/** The same in a hidden tab, where only title and sounds matter. */
const HIDDEN_DRAW_EVERY_MS = 500;

export interface Redraws {
  /** May be called thousands of times a second. */
  readonly redraw: () => void;
  /** Draws with the next frame regardless of the rate: the reader is waiting for this. */
  readonly drawSoon: () => void;
  /** Stops all drawing. */
  readonly stop: () => void;
}

export interface RedrawClock {
  readonly nowMs: () => number;
  readonly after: (ms: number, call: () => void) => () => void;
  /** Calls back before the next paint. */
  readonly onFrame: (call: () => void) => () => void;
  readonly isHidden: () => boolean;
}

/**
 * Draws at most twelve times a second, however often it is requested, five times while much is requested, and twice in
 * a hidden tab; and at least every second. The first request after a pause is drawn with the next frame.
 */
export function startRedraws(draw: () => void, clock: RedrawClock): Redraws {
  let cancel: (() => void) | undefined;
  let [drawnAtMs, secondAtMs, requests, isBusy] = [Number.NEGATIVE_INFINITY, 0, 0, false];
  let isStopped = false;
  const count = (nowMs: number): void => {
    if (nowMs - secondAtMs >= TICK_MS) [isBusy, secondAtMs, requests] = [requests > MANY_A_SECOND, nowMs, 0];
    requests += 1;
    isBusy ||= requests > MANY_A_SECOND;
  };
  const drawNow = (): void => {
    cancel = undefined;
    drawnAtMs = clock.nowMs();
    draw();
  };
  const redraw = (): void => {
    if (isStopped) return;
    const nowMs = clock.nowMs();
    count(nowMs);
    if (cancel !== undefined) return;
    const everyMs = clock.isHidden() ? HIDDEN_DRAW_EVERY_MS : isBusy ? BUSY_DRAW_EVERY_MS : DRAW_EVERY_MS;
    const waitMs = drawnAtMs + everyMs - nowMs;
    // A hidden tab gets no frames.
    if (clock.isHidden()) cancel = clock.after(Math.max(0, waitMs), drawNow);
    else if (waitMs <= 0) cancel = clock.onFrame(drawNow);
    else {
      cancel = clock.after(waitMs, () => {
        cancel = clock.onFrame(drawNow);
      });
    }
  };
  const drawSoon = (): void => {
    if (isStopped || clock.isHidden()) {
      redraw();
      return;
    }
    cancel?.();
    // Not at once: effects of the draw would come before its paint.
    cancel = clock.onFrame(drawNow);
  };
  let cancelTick: () => void;
  const tick = (): void => {
    cancelTick = clock.after(TICK_MS, () => {
      redraw();
      tick();
    });
  };
  tick();
  const stop = (): void => {
    isStopped = true;
    cancelTick();
    cancel?.();
  };
  return { redraw, drawSoon, stop };
}
