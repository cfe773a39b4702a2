import type { JSX } from "preact";
import type { Execution } from "../../../src/wire/api.ts";
import { formatBytes, formatCount } from "../format.ts";
import { Link } from "../link.tsx";
import type { Navigation } from "../navigation.ts";
import { placeOfExecution } from "../place-of.ts";
import { list } from "../texts/en/list.ts";
import { commandLine, describeDuration } from "./execution-words.ts";
import { StartTime } from "./start-time.tsx";
import { DeliveryNote, StateBadge } from "./state-badge.tsx";

interface ExecutionRowProps {
  readonly execution: Execution;
  readonly navigation: Navigation;
  readonly nowMs: number;
  readonly showOwner: boolean;
}

export function ExecutionRow({ execution, navigation, nowMs, showOwner }: ExecutionRowProps): JSX.Element {
  const { node, argv, owner, lines, bytes } = execution;
  const command = commandLine(argv);
  return (
    <li class="execution">
      <StateBadge execution={execution} />
      <Link class="command" navigation={navigation} to={placeOfExecution(execution, showOwner)} title={command}>
        {command}
      </Link>
      <span class="node">
        {node}
        {showOwner ? <span class="owner">{owner}</span> : null}
      </span>
      <StartTime at={execution.startedAt} nowMs={nowMs} />
      <span class="duration">{describeDuration(execution, nowMs)}</span>
      <span class="count" title={list.size(formatCount(lines), formatCount(bytes))}>
        {formatCount(lines)}
        <span class="unit">{list.linesUnit}</span>
      </span>
      <span class="bytes">{formatBytes(bytes)}</span>
      <DeliveryNote execution={execution} />
    </li>
  );
}
