import type { JSX } from "preact";
import type { Execution } from "../../../../src/wire/api.ts";
import { visibleText } from "../../text/visible-control.ts";

export function ExecutionDetails({ execution }: { readonly execution: Execution }): JSX.Element {
  const { x, job, run, owner, parent, argv, labels, startedAt, endedAt } = execution;
  const facts: [string, string][] = [
    ["Id", x],
    ["Owner", owner],
    ...(job === x ? [] : [["Run", run] satisfies [string, string]]),
    ...(parent === undefined ? [] : [["Inside", parent] satisfies [string, string]]),
    ["Started", startedAt],
    ...(endedAt === null ? [] : [["Ended", endedAt] satisfies [string, string]]),
    ...Object.entries(labels),
  ];
  return (
    <div class="details">
      <ol class="argv" aria-label="Arguments">
        {argv.map((word, index) => (
          <li key={index}>{visibleText(word)}</li>
        ))}
      </ol>
      <dl>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{visibleText(name)}</dt>
            <dd>{visibleText(value)}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
