import type { JSX } from "preact";

const time = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

/** When it started: as short as today allows, in full as tooltip. */
export function StartTime({ at, nowMs }: { readonly at: string; readonly nowMs: number }): JSX.Element {
  const date = new Date(at);
  const isToday = date.toDateString() === new Date(nowMs).toDateString();
  return (
    <time class="started" dateTime={at} title={full.format(date)}>
      {isToday ? "" : `${day.format(date)}, `}
      {time.format(date)}
    </time>
  );
}
