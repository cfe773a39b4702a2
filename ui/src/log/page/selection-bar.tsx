import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { ApiClient } from "../../api-client.ts";
import { copyText } from "../../copy-text.ts";
import { formatCount } from "../../format.ts";
import { frame } from "../../texts/en/frame.ts";
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
    if (what === "link") return say((await copyText(location.href)) ? "Link copied" : "Copy it from the address bar");
    const head = what === "all" ? { time, node: source.execution.node } : undefined;
    const selected = await selectedText(api, source, { from: line, to, head });
    if (selected === undefined) return say("The lines could not be loaded");
    const isCopied = await copyText(selected.text);
    say(isCopied ? `${frame.lines(selected.lines)} copied` : "The browser refuses to copy: select the text by hand");
  };
  const say = (words: string): void => setSaid(words);
  return (
    <section class="selection-bar" aria-label="Marked lines">
      <span>{to > line ? `Lines ${formatCount(line)}–${formatCount(to)}` : `Line ${formatCount(line)}`}</span>
      <button type="button" class="plain" onClick={() => void copy("text")}>
        Copy text
      </button>
      <button type="button" class="plain" onClick={() => void copy("all")}>
        with time and node
      </button>
      <button type="button" class="plain" onClick={() => void copy("link")}>
        Copy link
      </button>
      <span role="status">{said}</span>
      <button type="button" class="plain" aria-label="Unmark the lines" onClick={onClear}>
        ×
      </button>
    </section>
  );
}
