import { after } from "./after.ts";
import type { RedrawClock } from "./redraws.ts";

/** The browser's clock. */
export const REDRAW_CLOCK: RedrawClock = {
  nowMs: () => performance.now(),
  after,
  onFrame: (call) => {
    const frame = requestAnimationFrame(call);
    return () => cancelAnimationFrame(frame);
  },
  isHidden: () => document.visibilityState === "hidden",
};
