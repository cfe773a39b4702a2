import type { JSX } from "preact";
import type { FleetNode } from "../../../src/wire/fleet/node-view.ts";
import { fixed } from "../format.ts";
import { run as t } from "../texts/en/run.ts";

interface NodeChoiceProps {
  readonly nodes: readonly FleetNode[];
  readonly chosen: ReadonlySet<string>;
  readonly onToggle: (node: string) => void;
}

/** The nodes, each with a box to tick and facts from its agent. */
export function NodeChoice({ nodes, chosen, onToggle }: NodeChoiceProps): JSX.Element {
  return (
    <ul class="node-choice" aria-label={t.nodes}>
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
  if (state === "absent") return t.absent;
  if (state !== "present") return state === "outdated" ? t.oldAgent : t.twoAgents;
  const free = memoryFreeBytes === null ? [] : [t.free(fixed(memoryFreeBytes / GIB, 1))];
  return [...(load === null ? [] : [t.load(fixed(load, 1))]), ...(cpus === null ? [] : [t.cpus(cpus)]), ...free].join(
    ", ",
  );
}
