import "../styles/nodes.css";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { isNamedBy } from "../../../src/text/nodes/node-pattern.ts";
import type { NodeEvent } from "../../../src/wire/fleet/node-event.ts";
import type { JsonClient } from "../api/json-client.ts";
import { formatCount } from "../format.ts";
import { localDate } from "../local-date.ts";
import type { Navigation } from "../navigation.ts";
import { usePageTitle } from "../page-title.ts";
import { SearchField } from "../search-field.tsx";
import { visibleText } from "../text/visible-control.ts";
import type { ListPlace } from "../url-state.ts";
import { problemsOf } from "./node-health.ts";
import { NodeRow } from "./node-row.tsx";
import type { NodeStore } from "./node-store.ts";
import { RowsInView } from "./rows-in-view.ts";
import { useNodes } from "./use-nodes.ts";

export interface NodesPageProps {
  readonly api: JsonClient;
  readonly navigation: Navigation;
  readonly place: ListPlace;
  readonly isAdmin: boolean;
}

const MAX_PATTERN = 500;

/** All nodes: relays, and agents where there is a fleet, live. */
export function NodesPage({ api, navigation, place, isAdmin }: NodesPageProps): JSX.Element {
  const { store, hasFleet, events, problem, isLoaded } = useNodes(api);
  const [rows] = useState(() => new RowsInView());
  const [isBadOnly, setBadOnly] = useState(false);
  usePageTitle("Nodes", undefined);
  const isWanted = wantedBy(place.node);
  const problemCount = [...store.all()].filter((known) => problemsOf(known).length > 0).length;
  const names = store.names.filter((name) => {
    if (typeof isWanted === "function" && !isWanted(name)) return false;
    const known = store.get(name);
    return !isBadOnly || (known !== undefined && problemsOf(known).length > 0);
  });
  return (
    <main class="page nodes-page" aria-busy={!isLoaded}>
      <header class="nodes-header">
        <h1>Nodes</h1>
        <SearchField
          label="Show only these nodes"
          placeholder="gpu[01-16], *"
          value={place.node}
          maxLength={MAX_PATTERN}
          onChange={(node) => navigation.adjust({ ...place, node })}
        />
        <label class="nodes-bad">
          <input type="checkbox" checked={isBadOnly} onChange={() => setBadOnly(!isBadOnly)} />
          Only with problems ({formatCount(problemCount)})
        </label>
        <span class="quiet" role="status">
          {typeof isWanted === "function" ? summaryOf(store, hasFleet) : isWanted.problem}
        </span>
      </header>
      {problem === undefined ? null : <p role="alert">{problem}</p>}
      {isLoaded && store.names.length === 0 ? (
        <p class="quiet">No relay has connected since the collector's start, and you have run nothing yet.</p>
      ) : (
        <div class="nodes-scroll">
          <table class={hasFleet ? "nodes-table with-agents" : "nodes-table"}>
            <thead>
              <tr>
                <th scope="col">Node</th>
                <th scope="col">Relay</th>
                <Head words="Delay" title="How long the relay's last report was on its way" />
                <Head words="Lost" title="Frames that the relay discarded since its start" />
                <Head words="Refused" title="Connections of mlrun that the node refused or ended since its start" />
                <Head words="Running" title="Executions of yours that run there now" />
                <Head words="Clock" title="How far the node's clock is ahead of the collector's" />
                {hasFleet ? (
                  <>
                    <th scope="col">Agent</th>
                    <Head words="Time" title="The node's own time, each second" />
                    <Head words="Load" title="Of the last minute" />
                    <Head words="Free" title="Memory that commands can have" />
                    <Head words="Commands" title="Commands that the agent runs, of everybody" />
                  </>
                ) : null}
              </tr>
            </thead>
            <tbody>
              {names.map((node) => (
                <NodeRow key={node} node={node} store={store} rows={rows} navigation={navigation} hasFleet={hasFleet} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {hasFleet ? <NodeEvents events={events} isAdmin={isAdmin} /> : null}
    </main>
  );
}

function Head({ words, title }: { readonly words: string; readonly title: string }): JSX.Element {
  return (
    <th scope="col" class="number" title={title}>
      {words}
    </th>
  );
}

function NodeEvents(props: { readonly events: readonly NodeEvent[]; readonly isAdmin: boolean }): JSX.Element {
  const { events, isAdmin } = props;
  return (
    <section class="node-events" aria-labelledby="node-events">
      <h2 id="node-events">Reported by nodes</h2>
      {isAdmin ? null : <p class="quiet">Notes of your commands. Administrators also see the nodes' errors here.</p>}
      {events.length === 0 ? (
        <p class="quiet">Nothing.</p>
      ) : (
        <ul>
          {events.map(({ id, node, kind, at, user, name, text }) => (
            <li key={id} class={kind}>
              <time dateTime={new Date(at).toISOString()}>{localDate(at)}</time>
              <b>{node}</b>
              <span>{visibleText(kind === "error" ? text : `${user}, ${name}: ${text}`)}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function wantedBy(words: string): ((node: string) => boolean) | { readonly problem: string } {
  return words.trim() === "" ? () => true : isNamedBy(words);
}

/** "4 nodes, 3 relays up, 4 agents". */
function summaryOf(store: NodeStore, hasFleet: boolean): string {
  let [up, agents] = [0, 0];
  for (const { summary, fleet } of store.all()) {
    if (summary?.isUp === true) up += 1;
    if (fleet?.state === "present") agents += 1;
  }
  const count = store.names.length;
  const words = [`${formatCount(count)} ${count === 1 ? "node" : "nodes"}`, `${formatCount(up)} relays up`];
  return [...words, ...(hasFleet ? [`${formatCount(agents)} agents`] : [])].join(", ");
}
