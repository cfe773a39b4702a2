import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { FirstFailure } from "../../../src/wire/board.ts";
import type { ApiClient } from "../api-client.ts";
import type { LogLine } from "../api-parse.ts";
import { Icon } from "../icon.tsx";
import { Link } from "../link.tsx";
import type { Navigation } from "../navigation.ts";
import { plainText } from "../text/segments.ts";
import { board as t } from "../texts/en/board.ts";
import { inLocale } from "../texts/language.ts";
import { placeWords } from "./board-order.ts";
import { endingWords } from "./cell-words.ts";
import { placeOfLine } from "./place-of-line.ts";

interface FirstFailureNoteProps {
  readonly api: Pick<ApiClient, "lastLines">;
  readonly first: FirstFailure;
  readonly owner: string;
  readonly navigation: Navigation;
  readonly showOwner: boolean;
}

const LINES = 10;
const time = inLocale(
  (locale) =>
    new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }),
);
const full = inLocale(
  (locale) => new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "long", hourCycle: "h23" }),
);

/** The execution that failed first, and its last lines on stderr. */
export function FirstFailureNote({ api, first, owner, navigation, showOwner }: FirstFailureNoteProps): JSX.Element {
  const last = useLastLines(api, first, owner);
  const { x, node, state, at } = first;
  const ending = endingWords(first);
  const date = new Date(at);
  const lastLine = last?.lines.at(-1);
  const name = placeWords(first);
  return (
    <section class="first-failure" aria-label={t.whatFailed}>
      <p>
        <span class={`state state-${state}`}>
          <Icon name={state} />
          <strong>{state === "lost" ? t.lostFirst(name) : t.failedFirst(name)}</strong>
        </span>
        <time dateTime={at} title={full().format(date)}>
          {state === "lost" ? t.lastHeard(time().format(date)) : time().format(date)}
        </time>
        {ending === "" ? null : <span>{ending}</span>}
        <Link navigation={navigation} to={placeOfLine({ x, node, owner }, lastLine?.n ?? 0, showOwner)}>
          {t.goThere}
        </Link>
      </p>
      {last === undefined || last.lines.length === 0 ? null : (
        <figure>
          <figcaption class="quiet">{last.isStderr ? t.onStderr : t.notOnStderr}</figcaption>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable element must be reachable by keyboard */}
          <pre tabIndex={0} ref={toEnd}>
            {last.lines.map(({ text }) => plainText(text)).join("\n")}
          </pre>
        </figure>
      )}
    </section>
  );
}

/** Scrolls to the last lines, which show why it failed. */
function toEnd(lines: HTMLPreElement | null): void {
  if (lines !== null) lines.scrollTop = lines.scrollHeight;
}

interface LastLines {
  readonly lines: readonly LogLine[];
  readonly isStderr: boolean;
}

/** The last lines on stderr; if there are none, the last lines of all. */
function useLastLines(api: FirstFailureNoteProps["api"], first: FirstFailure, owner: string): LastLines | undefined {
  const { x, node, at } = first;
  const [last, setLast] = useState<LastLines | undefined>(undefined);
  useEffect(() => {
    let isLeft = false;
    const ask = async (): Promise<void> => {
      for (const stream of ["stderr", undefined] as const) {
        const answer = await api.lastLines({ x, node, owner }, { stream, count: LINES });
        if (isLeft || !answer.ok) return;
        if (answer.value.length > 0) return setLast({ lines: answer.value, isStderr: stream !== undefined });
      }
    };
    void ask();
    return () => {
      isLeft = true;
    };
  }, [api, x, node, owner, at]);
  return last;
}
