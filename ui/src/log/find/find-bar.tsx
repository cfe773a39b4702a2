import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { formatField, formatQuery, formatTerm } from "../../../../src/text/query/format-query.ts";
import { FIELD_NAMES, type Query } from "../../../../src/text/query/query.ts";
import { copyText } from "../../copy-text.ts";
import { find as t } from "../../texts/en/find.ts";
import { frame } from "../../texts/en/frame.ts";
import { log } from "../../texts/en/log.ts";
import type { Direction } from "./direction.ts";
import { FilterDownload } from "./filter-download.tsx";
import type { FindProblem, FindRequest } from "./find-request.ts";

interface FindBarProps {
  /** Find goes from match to match, Filter hides other lines. */
  readonly mode: "find" | "filter";
  readonly request: FindRequest | FindProblem;
  readonly query: Query;
  /** Number of matches so far, in words. */
  readonly words: string;
  readonly isSearching: boolean;
  /** A condition active besides the typed text. */
  readonly extra?: { readonly text: string; readonly onRemove: () => void } | undefined;
  readonly onQuery: (typed: string) => void;
  readonly onStep?: (direction: Direction) => void;
  readonly onCancel: () => void;
  readonly onClear: () => void;
}

/** The active search, part by part, and its progress. */
export function FindBar(props: FindBarProps): JSX.Element {
  const { mode, request, query, words, isSearching, extra, onQuery, onStep, onCancel, onClear } = props;
  return (
    <section class="find-bar" aria-label={log[mode]}>
      {"problem" in request ? null : <Chips query={query} onQuery={onQuery} />}
      {extra === undefined ? null : <Chip text={extra.text} onRemove={extra.onRemove} />}
      {"problem" in request ? (
        <span class="find-problem" role="alert">
          {request.problem}
        </span>
      ) : (
        // Not read aloud for every hit.
        <span class="find-words" aria-live={isSearching ? "off" : "polite"}>
          {words}
        </span>
      )}
      {onStep === undefined || "problem" in request ? null : (
        <>
          <button type="button" class="plain" title={`${t.previous} ( N )`} onClick={() => onStep("previous")}>
            ↑<span class="for-screen-readers">{t.previous}</span>
          </button>
          <button type="button" class="plain" title={`${t.next} ( n )`} onClick={() => onStep("next")}>
            ↓<span class="for-screen-readers">{t.next}</span>
          </button>
        </>
      )}
      {isSearching ? (
        <button type="button" class="plain" onClick={onCancel}>
          {frame.cancel}
        </button>
      ) : null}
      {"problem" in request ? null : <Command text={request.command} />}
      {"problem" in request || mode === "find" ? null : <FilterDownload body={request.body} />}
      <button type="button" class="plain" onClick={onClear}>
        {mode === "find" ? t.clear : t.clearFilter}
      </button>
    </section>
  );
}

function Chips({ query, onQuery }: { query: Query; onQuery: (typed: string) => void }): JSX.Element {
  const { terms, fields } = query;
  const withoutField = (name: string): Query => ({
    terms,
    fields: Object.fromEntries(Object.entries(fields).filter(([each]) => each !== name)),
  });
  return (
    <>
      {terms.map((term) => (
        <Chip
          key={formatTerm(term)}
          text={formatTerm(term)}
          onRemove={() => onQuery(formatQuery({ terms: terms.filter((each) => each !== term), fields }))}
        />
      ))}
      {FIELD_NAMES.map((name) => {
        const value = fields[name];
        if (value === undefined) return null;
        const remove = (): void => onQuery(formatQuery(withoutField(name)));
        return <Chip key={name} text={formatField(name, value)} onRemove={remove} />;
      })}
    </>
  );
}

function Chip({ text, onRemove }: { text: string; onRemove: () => void }): JSX.Element {
  return (
    <span class="chip">
      <code>{text}</code>
      <button type="button" aria-label={t.remove(text)} onClick={onRemove}>
        ×
      </button>
    </span>
  );
}

/** The same search for a shell. */
function Command({ text }: { readonly text: string }): JSX.Element {
  const code = useRef<HTMLElement>(null);
  const [copied, setCopied] = useState("");
  const copy = async (): Promise<void> => {
    const isCopied = await copyText(text, code.current);
    setCopied(isCopied ? text : "");
  };
  return (
    <details class="as-command">
      <summary>mlctl</summary>
      <code ref={code}>{text}</code>
      <button type="button" class="plain" onClick={() => void copy()}>
        {copied === text ? frame.copied : frame.copy}
      </button>
    </details>
  );
}
