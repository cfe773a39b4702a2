import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { ApiClient } from "../../api-client.ts";
import { copyText } from "../../copy-text.ts";
import { formatCount } from "../../format.ts";
import { Link } from "../../link.tsx";
import type { Navigation } from "../../navigation.ts";
import { placeOfExecution } from "../../place-of.ts";
import { inside as t } from "../../texts/en/inside.ts";
import type { ExecutionPlace, JobPlace } from "../../url-state.ts";
import type { LogSource } from "../feed/log-source.ts";
import type { LineTime } from "../view/line-time.ts";
import type { MarkedLines } from "../view/marked-lines.ts";
import { selectedText } from "./selected-text.ts";

export interface SelectionBarProps {
  readonly api: Pick<ApiClient, "lines">;
  readonly navigation: Navigation;
  readonly showOwner: boolean;
  readonly place: ExecutionPlace | JobPlace;
  readonly marked: MarkedLines;
  /** The execution of the lines; undefined if not known yet. */
  readonly source: LogSource | undefined;
  readonly time: LineTime;
  readonly onClear: () => void;
}

/** Actions on the marked lines. */
export function SelectionBar(props: SelectionBarProps): JSX.Element | null {
  const { api, navigation, showOwner, place, marked, source, time, onClear } = props;
  const [said, setSaid] = useState("");
  const { from: line, to } = marked;
  if (source === undefined) return null;
  const { execution } = source;
  const copy = async (what: "text" | "all" | "link"): Promise<void> => {
    if (what === "link") return say((await copyText(location.href)) ? t.linkCopied : t.copyFromBar);
    const head = what === "all" ? { time, node: execution.node } : undefined;
    const selected = await selectedText(api, source, { from: line, to, head });
    if (selected === undefined) return say(t.notLoaded);
    const isCopied = await copyText(selected.text);
    say(isCopied ? t.linesCopied(selected.lines) : t.cannotCopy);
  };
  const say = (words: string): void => setSaid(words);
  return (
    <section class="selection-bar" aria-label={t.marked}>
      {place.view === "job" ? (
        <Link navigation={navigation} to={{ ...placeOfExecution(execution, showOwner), line }} title={t.ownPage}>
          {execution.node}
        </Link>
      ) : null}
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
