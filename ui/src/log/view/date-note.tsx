import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { LineTime } from "./line-time.ts";

/** The day and the zone of the first row. Not with the first rows: a browser's first date takes longer than all of them. */
export function DateNote({ time, at }: { readonly time: LineTime; readonly at: string }): JSX.Element | null {
  const [isPainted, setPainted] = useState(false);
  useEffect(() => setPainted(true), []);
  const words = isPainted ? time.dateAndZone(at) : "";
  return words === "" ? null : <p class="date-note">{words}</p>;
}
