import type { JSX } from "preact";
import { parseExecutionId } from "../../../src/wire/ids.ts";

const time = new Intl.DateTimeFormat(undefined, {
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});

/** A run as people know it: by its launch's id, or by its start if the collector has opened it. */
export function runWords({ run, startedAt }: { readonly run: string; readonly startedAt: string }): string {
  return parseExecutionId(run) === undefined ? `run ${run}` : `run of ${time.format(new Date(startedAt))}`;
}

export function RunName(props: { readonly run: string; readonly startedAt: string }): JSX.Element {
  return (
    <span class="run-name" title={`Run ${props.run}`}>
      {runWords(props)}
    </span>
  );
}
