import type { JSX } from "preact";
import type { Execution } from "../../../src/wire/api.ts";
import { formatBytes, formatCount, formatDuration } from "../format.ts";
import { Link } from "../link.tsx";
import type { Navigation } from "../navigation.ts";
import { placeOfExecution } from "../place-of.ts";
import { visibleText } from "../text/visible-control.ts";
import { frame } from "../texts/en/frame.ts";
import { list } from "../texts/en/list.ts";
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

/** argv as typed in a shell: words with special characters in single quotes. */
export function commandLine(argv: readonly string[]): string {
  const words = argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`));
  return visibleText(words.join(" "));
}

/** From start to end, or to now while it runs. Undefined for a lost one: its end is unknown. */
export function describeDuration(
  { state, startedAt, endedAt }: Pick<Execution, "state" | "startedAt" | "endedAt">,
  nowMs: number,
): string {
  if (endedAt === null && state === "lost") return frame.unknown;
  return formatDuration((endedAt === null ? nowMs : Date.parse(endedAt)) - Date.parse(startedAt));
}
