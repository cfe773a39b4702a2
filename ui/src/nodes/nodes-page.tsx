import "../styles/nodes.css";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { isNamedBy } from "../../../src/text/nodes/node-pattern.ts";
import type { NodeEvent } from "../../../src/wire/fleet/node-event.ts";
import type { JsonClient } from "../api/json-client.ts";
import { localDate } from "../local-date.ts";
import type { Navigation } from "../navigation.ts";
import { usePageTitle } from "../page-title.ts";
import { SearchField } from "../search-field.tsx";
import { visibleText } from "../text/visible-control.ts";
import { frame } from "../texts/en/frame.ts";
import { nodes as t } from "../texts/en/nodes.ts";
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

const EXAMPLE = "gpu[01-16], *";
const MAX_PATTERN = 500;

/** All nodes: relays, and agents where there is a fleet, live. */
export function NodesPage({ api, navigation, place, isAdmin }: NodesPageProps): JSX.Element {
  const { store, hasFleet, events, problem, isLoaded } = useNodes(api);
  const [rows] = useState(() => new RowsInView());
  const [isBadOnly, setBadOnly] = useState(false);
  usePageTitle(t.title, undefined);
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
        <h1>{t.title}</h1>
        <SearchField
          label={t.filter}
          placeholder={EXAMPLE}
          value={place.node}
          maxLength={MAX_PATTERN}
          onChange={(node) => navigation.adjust({ ...place, node })}
        />
        <label class="nodes-bad">
          <input type="checkbox" checked={isBadOnly} onChange={() => setBadOnly(!isBadOnly)} />
          {t.onlyBad(problemCount)}
        </label>
        <span class="quiet" role="status">
          {typeof isWanted === "function" ? summaryOf(store, hasFleet) : isWanted.problem}
        </span>
      </header>
      {problem === undefined ? null : <p role="alert">{problem}</p>}
      {isLoaded && store.names.length === 0 ? (
        <p class="quiet">{t.none}</p>
      ) : (
        <div class="nodes-scroll">
          <table class={hasFleet ? "nodes-table with-agents" : "nodes-table"}>
            <thead>
              <tr>
                <th scope="col">{frame.node}</th>
                <th scope="col">{t.relay}</th>
                <Head words={t.delay} title={t.delayTitle} />
                <Head words={t.lost} title={t.lostTitle} />
                <Head words={t.refused} title={t.refusedTitle} />
                <Head words={t.running} title={t.runningTitle} />
                <Head words={t.clock} title={t.clockTitle} />
                {hasFleet ? (
                  <>
                    <th scope="col">{t.agent}</th>
                    <Head words={t.time} title={t.timeTitle} />
                    <Head words={t.load} title={t.loadTitle} />
                    <Head words={t.free} title={t.freeTitle} />
                    <Head words={t.commands} title={t.commandsTitle} />
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
      <h2 id="node-events">{t.reported}</h2>
      {isAdmin ? null : <p class="quiet">{t.reportedWhy}</p>}
      {events.length === 0 ? (
        <p class="quiet">{t.nothing}</p>
      ) : (
        <ul>
          {events.map(({ id, node, kind, at, severity, user, name, text }) => (
            <li key={`${node} ${id}`} class={severity}>
              <time dateTime={new Date(at).toISOString()}>{localDate(at)}</time>
              <b>{node}</b>
              {severity === "info" ? null : <em>{t.severities[severity]}</em>}
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
  return `${t.summary(store.names.length, up)}${hasFleet ? t.agents(agents) : ""}`;
}
