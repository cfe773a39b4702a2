import type { JSX } from "preact";
import type { FleetNode } from "../../../src/wire/fleet/node-view.ts";

interface NodeChoiceProps {
  readonly nodes: readonly FleetNode[];
  readonly chosen: ReadonlySet<string>;
  readonly onToggle: (node: string) => void;
}

/** The nodes with a box to tick, and what their agents tell. */
export function NodeChoice({ nodes, chosen, onToggle }: NodeChoiceProps): JSX.Element {
  return (
    <ul class="node-choice" aria-label="Nodes">
      {nodes.map((each) => (
        <li key={each.node}>
          <label class={`node-tick ${each.state}`}>
            <input type="checkbox" checked={chosen.has(each.node)} onChange={() => onToggle(each.node)} />
            <span>{each.node}</span>
            <span class="quiet">{aboutOf(each)}</span>
          </label>
        </li>
      ))}
    </ul>
  );
}

const GIB = 2 ** 30;

function aboutOf({ state, load, memoryFreeBytes, cpus }: FleetNode): string {
  if (state !== "present") return state === "absent" ? "absent" : "two agents answer to this name";
  const free = memoryFreeBytes === null ? [] : [`${(memoryFreeBytes / GIB).toFixed(1)} GiB free`];
  return [
    ...(load === null ? [] : [`load ${load.toFixed(1)}`]),
    ...(cpus === null ? [] : [`${cpus} CPUs`]),
    ...free,
  ].join(", ");
}
