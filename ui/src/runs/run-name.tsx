import type { JSX } from "preact";
import { parseExecutionId } from "../../../src/wire/ids.ts";
import { frame } from "../texts/en/frame.ts";
import { inLocale } from "../texts/language.ts";

const time = inLocale(
  (locale) =>
    new Intl.DateTimeFormat(locale, {
      ...{ month: "short", day: "numeric", hourCycle: "h23" },
      ...{ hour: "2-digit", minute: "2-digit", second: "2-digit" },
    }),
);

/** A run as people know it: by its launch's id, or by its start if the collector has opened it. */
export function runWords({ run, startedAt }: { readonly run: string; readonly startedAt: string }): string {
  return parseExecutionId(run) === undefined ? frame.run(run) : frame.runOf(time().format(new Date(startedAt)));
}

export function RunName(props: { readonly run: string; readonly startedAt: string }): JSX.Element {
  return (
    <span class="run-name" title={frame.runTitle(props.run)}>
      {runWords(props)}
    </span>
  );
}
