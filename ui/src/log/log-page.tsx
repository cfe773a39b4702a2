import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { ApiClient } from "../api-client.ts";
import type { LogLine } from "../api-parse.ts";
import type { LiveClient } from "../live-client.ts";
import type { Navigation } from "../navigation.ts";
import type { ExecutionPlace, JobPlace } from "../url-state.ts";

interface LogPageProps {
  readonly api: ApiClient;
  readonly live: LiveClient;
  readonly navigation: Navigation;
  readonly place: ExecutionPlace | JobPlace;
}

const SHOWN = 500;

/** The newest lines of an execution or a job, live. */
export function LogPage({ live, place }: LogPageProps): JSX.Element {
  const [lines, setLines] = useState<readonly LogLine[]>([]);
  useEffect(() => {
    const { node } = place;
    const what = place.view === "job" ? { job: place.job } : node === "" ? { x: place.x } : { x: place.x, node };
    const subscription = live.subscribe({
      what,
      from: () => ({ from: 1, lines: true }),
      onExecution: () => undefined,
      onLines: (batch) => setLines((before) => [...before, ...batch.lines].slice(-SHOWN)),
      onLive: () => undefined,
    });
    return () => subscription.close();
  }, [live, place]);
  return (
    <main class="page">
      <div class="log">
        {lines.map((line) => (
          <div key={line.n} class={line.stderr ? "row stderr" : "row"}>
            {line.n} {line.time} {line.stderr ? "err" : ""} {line.text}
          </div>
        ))}
      </div>
    </main>
  );
}
