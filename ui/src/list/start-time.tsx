import type { JSX } from "preact";

const today = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const otherDay = new Intl.DateTimeFormat(undefined, {
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
});
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

/** When it started: as short as today allows, in full as tooltip. */
export function StartTime({ at, nowMs }: { readonly at: string; readonly nowMs: number }): JSX.Element {
  const date = new Date(at);
  const format = date.toDateString() === new Date(nowMs).toDateString() ? today : otherDay;
  return (
    <time class="started" dateTime={at} title={full.format(date)}>
      {format.format(date)}
    </time>
  );
}
