import type { LinesMessage } from "./lines-message.ts";
import { sourceKey } from "./lines-message.ts";
import type { Source } from "./ports.ts";
import type { SummaryMessage } from "./summary-message.ts";

/** One subscription, as the hub sees it. */
export interface Watcher {
  lines(message: LinesMessage): void;
  summary(message: SummaryMessage): void;
}

/** Scope of a subscription. Without an owner: all users' executions, for administrators. */
export type Route =
  | { readonly source: Source }
  | { readonly job: string; readonly run: string | undefined; readonly owner: string | undefined }
  | { readonly owner: string | undefined };

/** Whether a route covers this execution. */
export function covers(route: Route, source: Source): boolean {
  if ("source" in route) return sourceKey(route.source) === sourceKey(source);
  if (route.owner !== undefined && route.owner !== source.owner) return false;
  if (!("job" in route)) return true;
  return route.job === source.job && (route.run === undefined || route.run === source.run);
}

/** Who watches which executions. Builds and searches nothing for lines that nobody watches. */
export class Routes {
  readonly #bySource = new Map<string, Set<Watcher>>();
  readonly #byJob = new Map<string, Set<Watcher>>();
  readonly #byRun = new Map<string, Set<Watcher>>();
  readonly #byOwner = new Map<string, Set<Watcher>>();
  #watchers = 0;

  get isEmpty(): boolean {
    return this.#watchers === 0;
  }

  /** Adds a watcher. Returns a function that stops watching. */
  add(route: Route, watcher: Watcher): () => void {
    const { map, key } = this.#place(route);
    const watchers = map.get(key) ?? new Set();
    map.set(key, watchers.add(watcher));
    this.#watchers += 1;
    return () => {
      if (!watchers.delete(watcher)) return;
      this.#watchers -= 1;
      if (watchers.size === 0) map.delete(key);
    };
  }

  /** The sets of watchers that get a source's lines; none of them empty. */
  of(source: Source, key: string): Set<Watcher>[] {
    const found: Set<Watcher>[] = [];
    const look = (watchers: Set<Watcher> | undefined) => watchers !== undefined && found.push(watchers);
    if (this.#bySource.size > 0) look(this.#bySource.get(key));
    if (this.#byJob.size > 0) {
      look(this.#byJob.get(jobKey(source.job, source.owner)));
      look(this.#byJob.get(jobKey(source.job, undefined)));
    }
    if (this.#byRun.size > 0) {
      look(this.#byRun.get(runKey(source, source.owner)));
      look(this.#byRun.get(runKey(source, undefined)));
    }
    if (this.#byOwner.size > 0) {
      look(this.#byOwner.get(source.owner));
      look(this.#byOwner.get(EVERYBODY));
    }
    return found;
  }

  #place(route: Route): { map: Map<string, Set<Watcher>>; key: string } {
    if ("source" in route) return { map: this.#bySource, key: sourceKey(route.source) };
    if ("job" in route) {
      const { job, run, owner } = route;
      if (run === undefined) return { map: this.#byJob, key: jobKey(job, owner) };
      return { map: this.#byRun, key: runKey({ job, run }, owner) };
    }
    return { map: this.#byOwner, key: route.owner ?? EVERYBODY };
  }
}

/** No user name is empty. */
const EVERYBODY = "";

function jobKey(job: string, owner: string | undefined): string {
  return `${owner ?? EVERYBODY}\0${job}`;
}

/** No run's id has a NUL. */
function runKey({ job, run }: { readonly job: string; readonly run: string }, owner: string | undefined): string {
  return `${run}\0${jobKey(job, owner)}`;
}
