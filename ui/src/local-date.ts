import { inLocale } from "./texts/language.ts";

const format = inLocale(
  (locale) =>
    new Intl.DateTimeFormat(locale, {
      ...{ day: "numeric", month: "short", year: "numeric" },
      ...{ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
    }),
);

/** "30 Nov 2026, 14:05:07" if the page is in British English; always 24 hours, in the browser's zone. */
export function localDate(ms: number): string {
  return format().format(ms);
}
