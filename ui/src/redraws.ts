/** Times that tick (durations of running commands) are drawn this often even when nothing else changes. */
const TICK_MS = 1_000;
/** More requests a second than this are more than anybody reads line by line: then at most 8 draws a second. */
const MANY_REQUESTS = 30;
const BUSY_DRAW_EVERY_MS = 1_000 / 8;
/** In a tab that nobody sees only its title and its sounds matter. */
const HIDDEN_DRAW_EVERY_MS = 500;

interface Redraws {
  /** May be called thousands of times a second. */
  readonly redraw: () => void;
  /** Draws nothing from now on. */
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
 * Draws at most once a frame, however often it is requested, eight times a second while much is requested, and twice a
 * second where nobody looks; and at least every second.
 */
export function startRedraws(draw: () => void, clock: RedrawClock): Redraws {
  let cancel: (() => void) | undefined;
  let [drawnAtMs, secondAtMs, requests, isBusy] = [Number.NEGATIVE_INFINITY, 0, 0, false];
  let isStopped = false;
  const count = (nowMs: number): void => {
    if (nowMs - secondAtMs >= TICK_MS) [isBusy, secondAtMs, requests] = [requests > MANY_REQUESTS, nowMs, 0];
    requests += 1;
    isBusy ||= requests > MANY_REQUESTS;
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
    const everyMs = clock.isHidden() ? HIDDEN_DRAW_EVERY_MS : isBusy ? BUSY_DRAW_EVERY_MS : 0;
    const waitMs = drawnAtMs + everyMs - nowMs;
    // Frames do not come in a hidden tab.
    if (clock.isHidden()) cancel = clock.after(Math.max(0, waitMs), drawNow);
    else if (waitMs <= 0) cancel = clock.onFrame(drawNow);
    else {
      cancel = clock.after(waitMs, () => {
        cancel = clock.onFrame(drawNow);
      });
    }
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
  return { redraw, stop };
}
