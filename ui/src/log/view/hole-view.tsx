import type { JSX } from "preact";
import { formatCount } from "../../format.ts";
import { Icon } from "../../icon.tsx";
import { log as t } from "../../texts/en/log.ts";
import type { HoleRow } from "../feed/log-row.ts";

interface HoleViewProps {
  readonly hole: HoleRow;
  /** `fetching`: this viewer does not have them yet; otherwise the collector does not. */
  readonly kind: "fetching" | "expected" | "missing";
  readonly node: string | undefined;
  /** Why the lines were discarded; empty if they were not. */
  readonly reason: string;
}

export function HoleView({ hole, kind, node, reason }: HoleViewProps): JSX.Element {
  const { n, to } = hole;
  const [first, last] = [formatCount(n), formatCount(to)];
  const words = reason === "" ? t[kind] : t.because;
  const said = n === to ? words.one(first, reason) : words.many(first, last, reason);
  const isFinal = kind === "missing" || reason !== "";
  return (
    <div class={`row hole hole-${isFinal ? "missing" : kind}`} data-n={n}>
      <span class="hole-words">
        {isFinal ? <Icon name="warning" /> : null}
        {node === undefined ? "" : `${node}: `}
        {said}
      </span>
    </div>
  );
}
