import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { formatField, formatQuery, formatTerm } from "../../../../src/text/query/format-query.ts";
import { FIELD_NAMES, type Query } from "../../../../src/text/query/query.ts";
import { copyText } from "../../copy-text.ts";
import type { FindProblem, FindRequest } from "./find-request.ts";
import type { Direction } from "./finder.ts";

interface FindBarProps {
  readonly name: "Find" | "Filter";
  readonly request: FindRequest | FindProblem;
  readonly query: Query;
  /** What was found so far. */
  readonly words: string;
  readonly isSearching: boolean;
  /** What is active beside the typed text. */
  readonly extra?: { readonly text: string; readonly onRemove: () => void } | undefined;
  readonly onQuery: (typed: string) => void;
  readonly onStep?: (direction: Direction) => void;
  readonly onCancel: () => void;
  readonly onClear: () => void;
}

/** What is searched, part by part, and how far it is. */
export function FindBar(props: FindBarProps): JSX.Element {
  const { name, request, query, words, isSearching, extra, onQuery, onStep, onCancel, onClear } = props;
  return (
    <section class="find-bar" aria-label={name}>
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
          <button type="button" class="plain" title="Previous match ( N )" onClick={() => onStep("previous")}>
            ↑<span class="for-screen-readers">Previous match</span>
          </button>
          <button type="button" class="plain" title="Next match ( n )" onClick={() => onStep("next")}>
            ↓<span class="for-screen-readers">Next match</span>
          </button>
        </>
      )}
      {isSearching ? (
        <button type="button" class="plain" onClick={onCancel}>
          Cancel
        </button>
      ) : null}
      {"problem" in request ? null : <Command text={request.command} />}
      <button type="button" class="plain" onClick={onClear}>
        {name === "Find" ? "Clear" : "Clear filter"}
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
      <button type="button" aria-label={`Remove ${text}`} onClick={onRemove}>
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
        {copied === text ? "Copied" : "Copy"}
      </button>
    </details>
  );
}
