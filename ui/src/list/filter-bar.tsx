import type { JSX } from "preact";
import { useCallback, useEffect, useState } from "preact/hooks";
import { EXECUTION_STATES, parseState } from "../../../src/wire/api.ts";
import { WIRE_LIMITS } from "../../../src/wire/limits.ts";
import type { ApiClient } from "../api-client.ts";
import type { Navigation } from "../navigation.ts";
import { listNodes } from "../nodes/nodes-client.ts";
import { SearchField } from "../search-field.tsx";
import { frame } from "../texts/en/frame.ts";
import { list } from "../texts/en/list.ts";
import { LIST_SORTS, type ListPlace } from "../url-state.ts";

interface FilterBarProps {
  readonly api: ApiClient;
  readonly navigation: Navigation;
  readonly place: ListPlace;
}

export function FilterBar({ api, navigation, place }: FilterBarProps): JSX.Element {
  const [nodes, refresh] = useNodes(api, place.node);
  return (
    <search class="filters">
      <SearchField
        label={list.filter}
        placeholder={list.filterBy}
        value={place.q}
        maxLength={WIRE_LIMITS.maxSearchCharacters}
        onChange={(q) => navigation.adjust({ ...place, q })}
      />
      <label>
        <span class="for-screen-readers">{frame.node}</span>
        <select
          onFocus={refresh}
          value={place.node}
          onChange={(event) => navigation.adjust({ ...place, node: event.currentTarget.value })}
        >
          <option value="">{frame.allNodes}</option>
          {nodes.map((node) => (
            <option key={node} value={node}>
              {node}
            </option>
          ))}
        </select>
      </label>
      <fieldset class="choice">
        <legend class="for-screen-readers">{list.state}</legend>
        {(["", ...EXECUTION_STATES] as const).map((state) => (
          <label key={state}>
            <input
              type="radio"
              name="state"
              value={state}
              checked={(place.state ?? "") === state}
              onChange={() => navigation.adjust({ ...place, state: parseState(state) })}
            />
            <span>{state === "" ? list.anyState : frame.states[state]}</span>
          </label>
        ))}
      </fieldset>
      <label>
        <span class="for-screen-readers">{list.order}</span>
        <select
          value={place.sort ?? "newest"}
          onChange={(event) => {
            const sort = LIST_SORTS.find((each) => each === event.currentTarget.value);
            navigation.adjust({ ...place, sort: sort === "newest" ? undefined : sort });
          }}
        >
          {LIST_SORTS.map((sort) => (
            <option key={sort} value={sort}>
              {list.sorts[sort]}
            </option>
          ))}
        </select>
      </label>
    </search>
  );
}

/** Names for the node filter, always with the chosen one, and a function that reloads them. */
function useNodes(api: ApiClient, chosen: string): [readonly string[], () => void] {
  const [nodes, setNodes] = useState<readonly string[]>([]);
  const refresh = useCallback(() => {
    void listNodes(api).then((answer) => {
      if (answer.ok) setNodes(answer.value.map(({ node }) => node));
    });
  }, [api]);
  useEffect(refresh, [refresh]);
  return [chosen === "" || nodes.includes(chosen) ? nodes : [chosen, ...nodes], refresh];
}
