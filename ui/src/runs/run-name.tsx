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

interface RunStart {
  readonly run: string;
  readonly startedAt: string;
}

/** When a run began, if the collector opened it: then its id is unknown to people. Undefined if its launch named it. */
export function startOfRun({ run, startedAt }: RunStart): string | undefined {
  return parseExecutionId(run) === undefined ? undefined : time().format(new Date(startedAt));
}

/** A run as people know it. */
export function runWords(of: RunStart): string {
  const start = startOfRun(of);
  return start === undefined ? frame.run(of.run) : frame.runOf(start);
}

export function RunName(props: RunStart): JSX.Element {
  return (
    <span class="run-name" title={frame.runTitle(props.run)}>
      {runWords(props)}
    </span>
  );
}
