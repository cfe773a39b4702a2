import { useEffect, useState } from "preact/hooks";
import type { NodeEvent } from "../../../src/wire/fleet/node-event.ts";
import { followAgainMs } from "../api/follow-again.ts";
import type { JsonClient } from "../api/json-client.ts";
import { NodeStore } from "./node-store.ts";
import { followFleet, listNodes, nodeEvents } from "./nodes-client.ts";

interface Nodes {
  readonly store: NodeStore;
  readonly hasFleet: boolean;
  readonly events: readonly NodeEvent[];
  /** Why nodes are unknown; undefined while loading, and once they are known. */
  readonly problem: string | undefined;
  readonly isLoaded: boolean;
}

/** How often relays are fetched; they report every ten seconds. */
const LOOK_EVERY_MS = 5_000;

/** All nodes: relays every few seconds, agents each second. Fetches nothing while the tab is hidden. */
export function useNodes(api: JsonClient): Nodes {
  const [, redraw] = useState(0);
  const [store] = useState(() => new NodeStore(() => redraw((count) => count + 1)));
  const [hasFleet, setHasFleet] = useState(false);
  const [isLoaded, setLoaded] = useState(false);
  const [events, setEvents] = useState<readonly NodeEvent[]>([]);
  const [problem, setProblem] = useState<string | undefined>(undefined);

  useEffect(() => {
    let gone = new AbortController();
    const again = (call: () => Promise<void>, ms: number, { signal }: AbortController): void => {
      const timer = setTimeout(() => void call(), ms);
      signal.addEventListener("abort", () => clearTimeout(timer));
    };
    const look = async (by: AbortController): Promise<void> => {
      const answer = await listNodes(api, { all: true });
      if (by.signal.aborted) return;
      setProblem(answer.ok ? undefined : answer.message);
      if (answer.ok) store.takeSummaries(answer.value);
      setLoaded(true);
      const told = await nodeEvents(api);
      if (by.signal.aborted) return;
      if (told.ok) setEvents((before) => (haveSameIds(before, told.value) ? before : told.value));
      again(() => look(by), LOOK_EVERY_MS, by);
    };
    const follow = async (by: AbortController): Promise<void> => {
      const answer = await followFleet(api, {
        onUpdate: (update) => {
          setHasFleet(true);
          store.takeFleet(update);
        },
        signal: by.signal,
      });
      const afterMs = followAgainMs(answer);
      if (!by.signal.aborted && afterMs !== undefined) again(() => follow(by), afterMs, by);
    };
    const watch = (): void => {
      gone.abort();
      gone = new AbortController();
      if (document.visibilityState !== "visible") return;
      void look(gone);
      void follow(gone);
    };
    document.addEventListener("visibilitychange", watch);
    watch();
    return () => {
      document.removeEventListener("visibilitychange", watch);
      gone.abort();
    };
  }, [api, store]);

  return { store, hasFleet, events, problem, isLoaded };
}

/** Events do not change, so equal ids need no redraw. */
function haveSameIds(a: readonly NodeEvent[], b: readonly NodeEvent[]): boolean {
  return a.length === b.length && a.every(({ id }, at) => id === b[at]?.id);
}
