import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { REDRAW_CLOCK } from "../../redraw-clock.ts";
import type { LineTime } from "./line-time.ts";

/** The day and zone of the first row. Drawn after the rows: a browser's first date takes longer than all of them. */
export function DateNote({ time, at }: { readonly time: LineTime; readonly at: string }): JSX.Element | null {
  const [isPainted, setPainted] = useState(false);
  useEffect(() => {
    const { onFrame, after } = REDRAW_CLOCK;
    // An effect may run before the paint; work deferred by a frame does not.
    let cancel = onFrame(() => {
      cancel = after(0, () => setPainted(true));
    });
    return () => cancel();
  }, []);
  const words = isPainted ? time.dateAndZone(at) : "";
  return words === "" ? null : <p class={`date-note${time.format(at) === "" ? " untimed" : ""}`}>{words}</p>;
}
