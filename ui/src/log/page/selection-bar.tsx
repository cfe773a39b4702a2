import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { ApiClient } from "../../api-client.ts";
import { copyText } from "../../copy-text.ts";
import { formatCount } from "../../format.ts";
import { inside as t } from "../../texts/en/inside.ts";
import type { ExecutionPlace } from "../../url-state.ts";
import type { LogFeed } from "../feed/log-feed.ts";
import type { LineTime } from "../view/line-time.ts";
import { selectedText } from "./selected-text.ts";

export interface SelectionBarProps {
  readonly api: Pick<ApiClient, "lines">;
  readonly feed: LogFeed;
  readonly place: ExecutionPlace;
  readonly time: LineTime;
  readonly onClear: () => void;
}

/** What can be done with the marked lines. */
export function SelectionBar({ api, feed, place, time, onClear }: SelectionBarProps): JSX.Element | null {
  const [said, setSaid] = useState("");
  const source = feed.sources[0];
  const { line, lineTo } = place;
  const to = Math.max(line, lineTo);
  if (source === undefined) return null;
  const copy = async (what: "text" | "all" | "link"): Promise<void> => {
    if (what === "link") return say((await copyText(location.href)) ? t.linkCopied : t.copyFromBar);
    const head = what === "all" ? { time, node: source.execution.node } : undefined;
    const selected = await selectedText(api, source, { from: line, to, head });
    if (selected === undefined) return say(t.notLoaded);
    const isCopied = await copyText(selected.text);
    say(isCopied ? t.linesCopied(selected.lines) : t.cannotCopy);
  };
  const say = (words: string): void => setSaid(words);
  return (
    <section class="selection-bar" aria-label={t.marked}>
      <span>{to > line ? t.lines(formatCount(line), formatCount(to)) : t.line(formatCount(line))}</span>
      <button type="button" class="plain" onClick={() => void copy("text")}>
        {t.copyText}
      </button>
      <button type="button" class="plain" onClick={() => void copy("all")}>
        {t.withTime}
      </button>
      <button type="button" class="plain" onClick={() => void copy("link")}>
        {t.copyLink}
      </button>
      <span role="status">{said}</span>
      <button type="button" class="plain" aria-label={t.unmark} onClick={onClear}>
        ×
      </button>
    </section>
  );
}
