/** How often durations of running executions are redrawn when nothing else changes. */
const TICK_MS = 1_000;

export interface Redraws {
  /** May be called thousands of times a second. */
  readonly redraw: () => void;
  /** Draws nothing from now on. */
  readonly stop: () => void;
}

/** Draws at most once a frame, however often it is requested, and at least every second. */
export function startRedraws(draw: () => void): Redraws {
  let frame = 0;
  let isStopped = false;
  const redraw = (): void => {
    if (isStopped) return;
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      draw();
    });
  };
  const clock = setInterval(redraw, TICK_MS);
  const stop = (): void => {
    isStopped = true;
    clearInterval(clock);
    cancelAnimationFrame(frame);
  };
  return { redraw, stop };
}
