import type { JSX } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { formatCount } from "../../format.ts";
import { plainText } from "../../text/segments.ts";
import { frame } from "../../texts/en/frame.ts";
import { inside as t } from "../../texts/en/inside.ts";
import type { LogRow } from "../feed/log-row.ts";
import { withText } from "./json-filter.ts";
import { type JsonNode, jsonNode } from "./json-node.ts";

/** Deeper values show as text: each level uses the browser's stack. */
const MAX_DEPTH = 50;
/** Branches deeper than this begin closed. */
const OPEN_DEPTH = 3;

/** Most children shown, each of a few elements: a line may be a list of a hundred thousand numbers. */
const MAX_CHILDREN = 500;

interface JsonTreeProps {
  readonly row: LogRow;
  readonly q: string;
  readonly onFilter: (q: string) => void;
  readonly onClose: () => void;
}

/** A JSON line as a tree; clicking a value filters the log by it. */
export function JsonTree({ row, q, onFilter, onClose }: JsonTreeProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, [row]);
  const root = useMemo(() => jsonNode(row.text), [row]);
  const choose = (source: string): void => {
    onFilter(withText(q, source));
    onClose();
  };
  return (
    <dialog ref={dialog} class="key-help row-states" aria-labelledby="json-tree-title" onClose={onClose}>
      <h2 id="json-tree-title">{t.json(row.n)}</h2>
      <p class="quiet">{t.jsonWhy}</p>
      <ul class="json-tree">
        <Values nodes={root?.children ?? []} depth={1} onChoose={choose} />
      </ul>
      <button type="button" class="primary" onClick={onClose}>
        {frame.close}
      </button>
    </dialog>
  );
}

interface ValuesProps extends Omit<ValueProps, "node"> {
  readonly nodes: readonly JsonNode[];
}

function Values({ nodes, depth, onChoose }: ValuesProps): JSX.Element {
  const more = nodes.length - MAX_CHILDREN;
  return (
    <>
      {nodes.slice(0, MAX_CHILDREN).map((node, at) => (
        <Value key={at} node={node} depth={depth} onChoose={onChoose} />
      ))}
      {more > 0 ? <li class="quiet">{t.more(more)}</li> : null}
    </>
  );
}

interface ValueProps {
  readonly node: JsonNode;
  readonly depth: number;
  readonly onChoose: (source: string) => void;
}

function Value({ node, depth, onChoose }: ValueProps): JSX.Element {
  const { key, text, source, children } = node;
  const name = key === undefined ? null : <span class="json-key">{plainText(key)}: </span>;
  if (children === undefined || children.length === 0 || depth >= MAX_DEPTH) {
    return (
      <li>
        {name}
        <button type="button" title={t.onlyWith(source)} onClick={() => onChoose(source)}>
          {plainText(text)}
        </button>
      </li>
    );
  }
  return (
    <li>
      <details open={depth < OPEN_DEPTH}>
        <summary>
          {name}
          <span class="quiet">{text.startsWith("[") ? `[${formatCount(children.length)}]` : "{…}"}</span>
        </summary>
        <ul>
          <Values nodes={children} depth={depth + 1} onChoose={onChoose} />
        </ul>
      </details>
    </li>
  );
}
