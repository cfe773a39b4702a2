import type { JSX } from "preact";
import type { Execution } from "../../../../src/wire/api.ts";
import { visibleText } from "../../text/visible-control.ts";
import { inside as t } from "../../texts/en/inside.ts";

export function ExecutionDetails({ execution }: { readonly execution: Execution }): JSX.Element {
  const { x, job, run, owner, parent, argv, labels, startedAt, endedAt } = execution;
  const facts: [string, string][] = [
    [t.id, x],
    [t.owner, owner],
    ...(job === x ? [] : [[t.run, run] satisfies [string, string]]),
    ...(parent === undefined ? [] : [[t.within, parent] satisfies [string, string]]),
    [t.started, startedAt],
    ...(endedAt === null ? [] : [[t.ended, endedAt] satisfies [string, string]]),
    ...Object.entries(labels),
  ];
  return (
    <div class="details">
      <ol class="argv" aria-label={t.arguments}>
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
