import type { JSX } from "preact";
import { formatCount } from "../../format.ts";
import { Icon } from "../../icon.tsx";
import type { HoleRow } from "../feed/log-items.ts";

interface HoleViewProps {
  readonly hole: HoleRow;
  /** `fetching`: this viewer does not have them yet; otherwise the collector does not. */
  readonly kind: "fetching" | "expected" | "missing";
  readonly node: string | undefined;
  /** Why they were discarded; empty if they were not. */
  readonly reason: string;
}

export function HoleView({ hole, kind, node, reason }: HoleViewProps): JSX.Element {
  const { n, to } = hole;
  const which = n === to ? `line ${formatCount(n)}` : `lines ${formatCount(n)}–${formatCount(to)}`;
  const be = n === to ? "is" : "are";
  const words = {
    fetching: `Fetching ${which}…`,
    expected: `${which} ${be} on the way`,
    missing: `${which} ${be} missing: printed, but never delivered`,
  };
  const said = reason === "" ? words[kind] : `${which}: ${reason}`;
  const isFinal = kind === "missing" || reason !== "";
  return (
    <div class={`row hole hole-${isFinal ? "missing" : kind}`} data-n={n}>
      <span class="hole-words">
        {isFinal ? <Icon name="warning" /> : null}
        {node === undefined ? "" : `${node}: `}
        {said.charAt(0).toUpperCase() + said.slice(1)}
      </span>
    </div>
  );
}
