import type { JSX } from "preact";
import { inLocale } from "../texts/language.ts";

const time = inLocale(
  (locale) => new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
);
const day = inLocale((locale) => new Intl.DateTimeFormat(locale, { month: "short", day: "numeric" }));
const full = inLocale(
  (locale) => new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "long", hourCycle: "h23" }),
);

/** When it started: as short as today allows, in full as tooltip. */
export function StartTime({ at, nowMs }: { readonly at: string; readonly nowMs: number }): JSX.Element {
  const date = new Date(at);
  const isToday = date.toDateString() === new Date(nowMs).toDateString();
  return (
    <time class="started" dateTime={at} title={full().format(date)}>
      {isToday ? "" : `${day().format(date)}, `}
      {time().format(date)}
    </time>
  );
}
